"""The topics as data (topics.toml), and what makes a cluster have them."""

from deploy.kafka.apply import Applied, TopicsError, apply_topics
from deploy.kafka.topics import Topic, load_topics

__all__ = ["Applied", "Topic", "TopicsError", "apply_topics", "load_topics"]
