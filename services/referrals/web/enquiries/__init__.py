"""Pages of enquiries: for schools that ask and for those who answer."""
