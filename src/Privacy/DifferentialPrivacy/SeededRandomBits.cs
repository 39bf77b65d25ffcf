using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Privacy.Keccak;

namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>Bits that whoever holds the key can draw again: for noise that a hospital's own auditor replays.</summary>
/// <remarks>
/// SHAKE256(domain ‖ length of purpose ‖ purpose in UTF-8 ‖ key). The noise protects patients only from those who do
/// not have the key: it stays at the node, is never logged, and no two releases share key and purpose. Not safe for
/// concurrent use.
/// </remarks>
public sealed class SeededRandomBits : RandomBits, IDisposable
{
    /// <summary>Length of the key in bytes.</summary>
    public const int KeySize = 32;

    // Eight permutations.
    private const int BlockBytes = 8 * ShakeStream.RateBytes;

    private readonly ShakeStream _stream;

    /// <param name="key32">32 uniform secret bytes.</param>
    /// <param name="purpose">
    /// What the bits are for, for example study, round and statistic. One purpose, one use.
    /// </param>
    public SeededRandomBits(ReadOnlySpan<byte> key32, string purpose)
        : base(BlockBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        if (key32.Length != KeySize)
        {
            throw new ArgumentException($"Expected {KeySize} bytes, got {key32.Length}.", nameof(key32));
        }

        byte[] purposeBytes = new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(purpose);
        byte[] seed = GC.AllocateUninitializedArray<byte>(
            Domain.Length + sizeof(uint) + purposeBytes.Length + KeySize, pinned: true);
        Domain.CopyTo(seed);
        BinaryPrimitives.WriteUInt32LittleEndian(seed.AsSpan(Domain.Length), (uint)purposeBytes.Length);
        purposeBytes.CopyTo(seed, Domain.Length + sizeof(uint));
        key32.CopyTo(seed.AsSpan(seed.Length - KeySize));
        _stream = new ShakeStream(seed);
        CryptographicOperations.ZeroMemory(seed);
    }

    private static ReadOnlySpan<byte> Domain => "DigitalTwin/dp/random-bits/v1"u8;

    public override void Fill(Span<byte> destination) => FillFromBlocks(destination);

    public void Dispose()
    {
        WipeBlock();
        _stream.Dispose();
    }

    private protected override void Draw(Span<byte> block) => _stream.Fill(block);
}
