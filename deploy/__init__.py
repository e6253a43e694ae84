"""What it takes to run Fingerpost: the local stack, the topics, images and manifests."""
