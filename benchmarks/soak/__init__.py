"""The backend for a long time under hostile peers, with healthy clients beside them."""
