"""What docker-compose.yml needs beside itself: the databases, the demo's public secrets, fresh secrets."""
