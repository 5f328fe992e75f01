"""Win probabilities of texts on demand."""
