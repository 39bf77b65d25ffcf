using System.Security.Cryptography;

namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>Bits of the operating system's generator: for noise that nobody can ever recompute.</summary>
/// <remarks>Drawn in blocks, because a sampler asks for few bytes at a time. Not safe for concurrent use.</remarks>
public sealed class SystemRandomBits : RandomBits
{
    private const int BlockBytes = 1024;

    private readonly byte[] _block = GC.AllocateArray<byte>(BlockBytes, pinned: true);
    private int _used = BlockBytes;

    public override void Fill(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (_used == BlockBytes)
            {
                RandomNumberGenerator.Fill(_block);
                _used = 0;
            }

            int taken = int.Min(BlockBytes - _used, destination.Length);
            Span<byte> source = _block.AsSpan(_used, taken);
            source.CopyTo(destination);
            // Spent noise must not be readable in a memory dump.
            source.Clear();
            _used += taken;
            destination = destination[taken..];
        }
    }
}
