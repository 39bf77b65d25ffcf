namespace DigitalTwin.Ledger.Tiles;

/// <summary>The path or the bytes of a tile are malformed.</summary>
public sealed class TileFormatException(string message) : FormatException(message);

/// <summary>
/// Published tiles are missing, or are not those of the checkpoint they were published under.
/// </summary>
public sealed class TileException(string message, Exception? inner = null) : Exception(message, inner);
