"""Children and the adults around them: who is one child, its contacts, and the support that it has had."""
