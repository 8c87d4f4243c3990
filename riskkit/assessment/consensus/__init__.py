"""专家意见的一致性: how far experts agree, when a round is the last, what was decided and who dissents."""
