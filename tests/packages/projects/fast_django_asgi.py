"""What the package writes into a new project."""

from fast_django.scaffolding.project.project_name.models import User

__all__ = ["User"]
