"""The services: each stands alone on the chassis and the schemas, and knows nothing of the others."""
