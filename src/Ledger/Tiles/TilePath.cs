using System.Globalization;

namespace DigitalTwin.Ledger.Tiles;

/// <summary>The address of a tile of hashes, or of a bundle of entries, relative to the prefix of its log.</summary>
/// <remarks>
/// <c>tile/L/N[.p/W]</c> and <c>tile/entries/N[.p/W]</c> of C2SP tlog-tiles v0.1.0. A value has one text form and
/// every text that parses is that form, so a parsed path can name a file.
/// </remarks>
public sealed record TilePath
{
    /// <summary>Hashes, or entries, of a full tile.</summary>
    public const int FullWidth = 256;

    /// <summary>Levels of a binary tree that one tile spans: log2 of <see cref="FullWidth"/>.</summary>
    public const int Height = 8;

    /// <summary>Largest level of the specification.</summary>
    public const int MaxLevel = 63;

    /// <summary>Largest index: six groups of three digits, more than the tiles of 2^63 entries.</summary>
    public const long MaxIndex = 999_999_999_999_999_999;

    private const int EntriesLevel = -1;
    private const int GroupDigits = 3;

    // "tile/entries/" with six groups and ".p/255" has 49 characters; nothing longer is worth looking at.
    private const int MaxLength = 64;

    private TilePath(int level, long index, int width)
    {
        Level = level;
        Index = index;
        Width = width;
    }

    /// <summary>Level of a tile of hashes, 0 for hashes of leaves; −1 for a bundle of entries.</summary>
    public int Level { get; }

    /// <summary>Position of the tile in its level.</summary>
    public long Index { get; }

    /// <summary>Hashes or entries in it, 1 to <see cref="FullWidth"/>.</summary>
    public int Width { get; }

    /// <summary>Whether it holds entries and not hashes.</summary>
    public bool IsEntries => Level == EntriesLevel;

    /// <summary>Whether it can never change again.</summary>
    public bool IsFull => Width == FullWidth;

    /// <summary>The same tile when nothing is missing in it.</summary>
    public TilePath Full => new(Level, Index, FullWidth);

    /// <summary>Address of a tile of hashes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside of what the format can say.</exception>
    public static TilePath Hashes(int level, long index, int width = FullWidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, MaxLevel);
        return Of(level, index, width);
    }

    /// <summary>Address of a bundle of entries.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside of what the format can say.</exception>
    public static TilePath Entries(long index, int width = FullWidth) => Of(EntriesLevel, index, width);

    /// <summary>Every tile and bundle of a tree of <paramref name="size"/> entries, entries first.</summary>
    public static IEnumerable<TilePath> OfTree(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        return OfTreeFrom(size);
    }

    /// <summary>Hashes of a level of a tree of <paramref name="size"/> entries: its complete subtrees.</summary>
    public static long CountAt(int level, long size) => level * Height >= 63 ? 0 : size >> (level * Height);

    /// <summary>Reads the text form.</summary>
    /// <exception cref="TileFormatException">The text is not a tile path in its one form.</exception>
    public static TilePath Parse(string text) => TryParse(text)
        ?? throw new TileFormatException("A tile is named tile/<level>/<index> or tile/entries/<index>.");

    /// <summary>Reads the text form; null where it is none.</summary>
    public static TilePath? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Length <= MaxLength ? text.Split('/') : [];
        if (parts.Length < 3 || parts[0] != "tile")
        {
            return null;
        }

        bool partial = parts.Length > 3 && parts[^2].EndsWith(".p", StringComparison.Ordinal);
        string[] groups = partial ? [.. parts[2..^2], parts[^2][..^2]] : parts[2..];
        int level = EntriesLevel;
        int width = FullWidth;
        if ((parts[1] != "entries" && (!TryInt(parts[1], out level) || level > MaxLevel))
            || (partial && (!TryInt(parts[^1], out width) || width is < 1 or >= FullWidth))
            || IndexOf(groups) is not long index)
        {
            return null;
        }

        // Leading zeros, a needless group and a missing x all give the text of another path.
        TilePath path = new(level, index, width);
        return path.ToString() == text ? path : null;
    }

    /// <summary>The text form, with forward slashes.</summary>
    public override string ToString()
    {
        string level = IsEntries ? "entries" : Level.ToString(CultureInfo.InvariantCulture);
        string width = IsFull ? "" : string.Create(CultureInfo.InvariantCulture, $".p/{Width}");
        return $"tile/{level}/{IndexText()}{width}";
    }

    private static IEnumerable<TilePath> OfTreeFrom(long size)
    {
        for (int level = EntriesLevel; ; level++)
        {
            long count = CountAt(int.Max(level, 0), size);
            if (count == 0)
            {
                yield break;
            }

            for (long start = 0; start < count; start += FullWidth)
            {
                yield return new TilePath(level, start / FullWidth, (int)long.Min(FullWidth, count - start));
            }
        }
    }

    private static TilePath Of(int level, long index, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, MaxIndex);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, FullWidth);
        return new TilePath(level, index, width);
    }

    private static bool TryInt(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static long? IndexOf(string[] groups)
    {
        string digits = string.Concat(groups.Select(group => group.TrimStart('x')));
        return digits.Length <= 18
            && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long index) ? index : null;
    }

    private string IndexText()
    {
        string digits = Index.ToString(CultureInfo.InvariantCulture);
        int groups = (digits.Length + GroupDigits - 1) / GroupDigits;
        string padded = digits.PadLeft(groups * GroupDigits, '0');
        return string.Join('/', padded.Chunk(GroupDigits).Select((group, position) =>
            (position < groups - 1 ? "x" : "") + new string(group)));
    }
}
