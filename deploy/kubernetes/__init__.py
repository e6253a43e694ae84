"""Fingerpost on Kubernetes: manifests for Kustomize, and what makes those that follow from the contracts."""
