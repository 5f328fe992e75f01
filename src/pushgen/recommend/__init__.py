"""Which item for whom: interaction logs, retrievers, rankers, rerankers and their measures."""
