"""The closed loop in the simulated world: rounds of generate, choose, test, learn.

`play` runs the rounds; `traffic` sends, `control` keeps the random share, `monitor` watches what comes true of the
predictions, `learning` retrains and judges, `figures` measures by the world's truth.
"""
