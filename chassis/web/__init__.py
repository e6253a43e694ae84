"""HTTP for every service: who may ask, how errors are told, health. No business words."""
