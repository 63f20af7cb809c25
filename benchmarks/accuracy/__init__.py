"""What our client reports of times and tokens, beside what the sender knows."""
