namespace DigitalTwin.Ledger.Exports.ModelSigning;

/// <summary>Texts in the order of their code points, which is that of their UTF-8 bytes.</summary>
/// <remarks>
/// An ordinal comparison goes by UTF-16 units, and puts what lies beyond the basic plane before U+E000 to U+FFFF.
/// </remarks>
internal sealed class CodePointOrder : IComparer<string>
{
    private CodePointOrder()
    {
    }

    public static CodePointOrder Comparer { get; } = new();

    public int Compare(string? x, string? y) => Bytes(x).SequenceCompareTo(Bytes(y));

    private static ReadOnlySpan<byte> Bytes(string? text) => System.Text.Encoding.UTF8.GetBytes(text ?? "");
}
