"""The plumbing that every service stands on. It knows no word of the business."""
