using System.Security.Cryptography;

namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>Bits of the operating system's generator: for noise that nobody can ever recompute.</summary>
/// <remarks>Drawn in blocks, because a sampler asks for few bytes at a time. Not safe for concurrent use.</remarks>
public sealed class SystemRandomBits : RandomBits
{
    private const int BlockBytes = 4096;

    public SystemRandomBits()
        : base(BlockBytes)
    {
    }

    public override void Fill(Span<byte> destination) => FillFromBlocks(destination);

    private protected override void Draw(Span<byte> block) => RandomNumberGenerator.Fill(block);
}
