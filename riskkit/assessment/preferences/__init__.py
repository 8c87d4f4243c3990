"""偏好与多准则: weights from judgements and from data, rankings from weights, and how firm a ranking is."""
