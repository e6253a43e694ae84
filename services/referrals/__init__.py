"""Takes schools' referrals, checks and routes them, keeps persons and the directory."""
