from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "users" ADD "name" VARCHAR(50);"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "users" DROP COLUMN "name";"""


MODELS_STATE = (
    "eJztlm1v2jAQx78KyqtO2ibKYK32LrCidd1gAjZNmibLSY5g4Tip46xFHd99tvPgBBIG0y"
    "YNxCvI3f/su198vjxZIfWAvfwUxsJ603qyGA5A/imbn7csHEWFUT0L7FAti6Qg1gonFhy7"
    "apE5pjFIkwexy0kkSMiklSWUKmPoSiFhvjEljNwngETog1gAl45v36WZMA8eIc4foyWaE6"
    "BeJUviqb21HYlVpG23TAy1UO3mIDekScCMOFqJRcgKNWG6QB8YcCxALS94otJX2WVl5hWl"
    "mRpJmmIpxoM5TqgolesgY7MQGo1naHozQ8g6AJAbMgVXphrr6n2VwovOZfeqe/3qdfdaSn"
    "SaheVqnW5twKSBGs9oZq21HwucKjRjAxUnkhBHB7GtxPwecQ50F+PcYCCbg3UklNW5nS93"
    "QN4mPAw5EJ/dwUqDvpU5YeZCDda0Qz/HwI+Q7jo/QLnV9BDHD0WnV8+VLN4DCkKXP7CnA/"
    "vtjaUhO9hdPmDuoQpt5Qk74Yal0G67gk6wacEM+xqPqkNlXcK+fV/mb6Pxvkyk4HxfntZ9"
    "CQEmdJvrYIF5PdgiYIOtTPoIW1n2yCOiwHyxUEx7vR0wv9iTwTt7ciFVz3RHyxZIG2OUuT"
    "qpTxE3hPXvAYBz/R/xzY7m/4m3196Dbq/dCFe5auZS8x1qXoL+1Iu3X0M/ixveTYBiXV7T"
    "sMo/J4/shDcNq/U/HDA2cOIuakZM5tg1ZLCRnKfMqUyZH/LDIeutfa/BUsh50uw3aVRPHU"
    "A4k58g3cv2PpNGqhrpal+VrtxRQNraVcLvp+NRPeFSyAZlj7ii9bNFyTHPlDq4CoZaOYjj"
    "e1pmevHR/rqJe/Bh3Ndw5Gj1uV5FL9A/bMz//Um2/gUiydst"
)
