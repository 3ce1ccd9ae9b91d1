"""The doors to the media library, and what stands behind them."""
