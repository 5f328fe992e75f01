"""From a pool of items to the list that is shown, judged as a whole.

Importing this package loads no model library. `settings` has the configuration, `train.train_reranker` the way from
examples to a model, `storage` the model's folder, `kinds` the list of what there is.
"""
