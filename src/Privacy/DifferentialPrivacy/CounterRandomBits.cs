using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary><see cref="SeededRandomBits"/> for much noise: AES-256 in counter mode under a key of its own.</summary>
/// <remarks>
/// The key is SHAKE256's answer for the secret and the purpose; block i is the encryption of the number i, 128 bits,
/// big end first, from 0 (NIST SP 800-38A, section 6.5). Processors have AES built in: the bits, of which a training
/// run needs gigabytes, come some ten times faster than from SHAKE256. A stream tells nobody without the key anything
/// as long as it has far fewer than 2^64 blocks. Not safe for concurrent use.
/// </remarks>
public sealed class CounterRandomBits : RandomBits, IDisposable
{
    private const int CipherBlockBytes = 16;
    private const int BlockBytes = 4096;

    private readonly Aes _aes;
    private readonly byte[] _counters = new byte[BlockBytes];
    private ulong _next;

    /// <param name="key32">32 uniform secret bytes.</param>
    /// <param name="purpose">What the bits are for. One purpose, one use.</param>
    public CounterRandomBits(ReadOnlySpan<byte> key32, string purpose)
        : base(BlockBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        byte[] key = GC.AllocateUninitializedArray<byte>(SeededRandomBits.KeySize, pinned: true);
        using (SeededRandomBits bits = new(key32, "aes-256-ctr/" + purpose))
        {
            bits.Fill(key);
        }

        _aes = Aes.Create();
        _aes.Key = key;
        CryptographicOperations.ZeroMemory(key);
    }

    public override void Fill(Span<byte> destination)
    {
        // In pieces of at most a block, so that whole blocks are drawn and no byte is left out between two calls.
        while (destination.Length > BlockBytes)
        {
            FillFromBlocks(destination[..BlockBytes]);
            destination = destination[BlockBytes..];
        }

        FillFromBlocks(destination);
    }

    public void Dispose()
    {
        WipeBlock();
        _aes.Dispose();
    }

    private protected override void Draw(Span<byte> block)
    {
        for (int i = 0; i < BlockBytes; i += CipherBlockBytes)
        {
            BinaryPrimitives.WriteUInt64BigEndian(_counters.AsSpan(i + sizeof(ulong)), _next++);
        }

        _aes.EncryptEcb(_counters, block, PaddingMode.None);
    }
}
