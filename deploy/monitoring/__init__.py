"""Monitoring as code: Prometheus' rules and their tests, how to scrape, Grafana's dashboards."""
