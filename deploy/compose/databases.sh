#!/bin/sh
# One role and one database for each service, and nobody else's way in. Run once by PostgreSQL's image, when
# its volume is empty; for a PostgreSQL of your own, run the same statements there.
set -eu

make_database() {
	psql --quiet -v ON_ERROR_STOP=1 -v name="$1" -v password="$2" \
		--username "$POSTGRES_USER" --dbname postgres <<-'SQL'
		CREATE ROLE :"name" LOGIN PASSWORD :'password';
		CREATE DATABASE :"name" OWNER :"name";
		REVOKE CONNECT, TEMPORARY ON DATABASE :"name" FROM PUBLIC;
	SQL
}

make_database referrals "$REFERRALS_DATABASE_PASSWORD"
make_database panels "$PANELS_DATABASE_PASSWORD"
make_database notifications "$NOTIFICATIONS_DATABASE_PASSWORD"
