"""The contracts between the services: topics, the envelope and one module of events per owner."""
