SELECT concat_ws(':', @@hostname, @@port, @@datadir) AS identity
