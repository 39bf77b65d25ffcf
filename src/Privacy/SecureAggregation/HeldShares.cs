using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>The shares of others' secrets that a node holds until the round is over.</summary>
/// <remarks>
/// They answer for one survivor set ever. A node stores <see cref="Export"/> after <see cref="Reveal"/> and before it
/// sends what was revealed: restored from an older copy, it could be asked again about another set, and the two answers
/// together would unmask a single node.
/// </remarks>
public sealed class HeldShares : IDisposable
{
    private const byte Version = 1;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly Lock _gate = new();
    private readonly string _self;
    private readonly byte[] _contextDigest;
    private readonly string[] _dealers;
    private readonly string[] _held;
    private readonly byte[] _pairs;
    private byte[]? _revealedFor;
    private bool _disposed;

    /// <param name="self">Name of the node that holds the shares.</param>
    /// <param name="contextDigest">Digest of the context that they were dealt in.</param>
    /// <param name="dealers">All dealers of the round, in ordinal order.</param>
    /// <param name="held">Those of them whose shares are held, in ordinal order.</param>
    /// <param name="pairs">64 bytes for each of these; owned, and wiped, by this instance.</param>
    internal HeldShares(string self, byte[] contextDigest, string[] dealers, string[] held, byte[] pairs)
    {
        _self = self;
        _contextDigest = contextDigest;
        _dealers = dealers;
        _held = held;
        _pairs = pairs;
    }

    /// <summary>All dealers of the round, in ordinal order: the nodes whose addends may be in the sum.</summary>
    public IReadOnlyList<string> Dealers => [.. _dealers];

    /// <summary>Restores what <see cref="Export"/> gave. The caller wipes <paramref name="exported"/>.</summary>
    /// <exception cref="InvalidDataException">The bytes are no export, or one that was cut short or
    /// altered.</exception>
    public static HeldShares Import(byte[] exported)
    {
        ReadOnlySpan<byte> rest = exported;
        if (Take(ref rest, 1)[0] != Version)
        {
            throw new InvalidDataException($"Held shares of version {exported[0]}, not {Version}.");
        }

        byte[] contextDigest = [.. Take(ref rest, SHA256.HashSizeInBytes)];
        bool revealed = TakeFlag(ref rest);
        byte[] revealedFor = [.. Take(ref rest, SHA256.HashSizeInBytes)];
        string self = TakeName(ref rest);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(Take(ref rest, sizeof(uint)));
        List<string> dealers = [];
        List<string> held = [];
        byte[] pairs = SecretBytes.Allocate(exported.Length);
        for (uint i = 0; i < count; i++)
        {
            string dealer = TakeName(ref rest);
            if (dealers.Count > 0 && string.CompareOrdinal(dealers[^1], dealer) >= 0)
            {
                throw new InvalidDataException("The dealers of held shares are not in ordinal order.");
            }

            dealers.Add(dealer);
            if (TakeFlag(ref rest))
            {
                Take(ref rest, ShareBundle.PairBytes).CopyTo(pairs.AsSpan(held.Count * ShareBundle.PairBytes));
                held.Add(dealer);
            }
        }

        if (!rest.IsEmpty)
        {
            throw new InvalidDataException($"Held shares are followed by {rest.Length} bytes.");
        }

        byte[] exact = SecretBytes.CopyOf(pairs.AsSpan(0, held.Count * ShareBundle.PairBytes));
        CryptographicOperations.ZeroMemory(pairs);
        return new HeldShares(self, contextDigest, [.. dealers], [.. held], exact)
        {
            _revealedFor = revealed ? revealedFor : null,
        };
    }

    /// <summary>
    /// All of it, for <see cref="Import"/>; secret, and pinned. The caller stores it where only this node reads, and
    /// wipes it.
    /// </summary>
    public byte[] Export()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            int names = _dealers.Append(_self).Sum(name => sizeof(uint) + StrictUtf8.GetByteCount(name));
            byte[] exported = SecretBytes.Allocate(
                2 + (2 * SHA256.HashSizeInBytes) + names + sizeof(uint) + _dealers.Length + _pairs.Length);
            Span<byte> rest = exported;
            Put(ref rest, [Version]);
            Put(ref rest, _contextDigest);
            Put(ref rest, [_revealedFor is null ? (byte)0 : (byte)1]);
            Put(ref rest, _revealedFor ?? new byte[SHA256.HashSizeInBytes]);
            PutName(ref rest, _self);
            PutNumber(ref rest, (uint)_dealers.Length);
            foreach (string dealer in _dealers)
            {
                PutName(ref rest, dealer);
                int at = Array.BinarySearch(_held, dealer, StringComparer.Ordinal);
                Put(ref rest, [at < 0 ? (byte)0 : (byte)1]);
                if (at >= 0)
                {
                    Put(ref rest, _pairs.AsSpan(at * ShareBundle.PairBytes, ShareBundle.PairBytes));
                }
            }

            return exported;
        }
    }

    /// <summary>
    /// For the sum over exactly these survivors: of each dealer whose shares this node holds, the share of its own
    /// mask's seed where it survived and of its mask key where it is lost.
    /// </summary>
    /// <param name="context">The context that the shares were accepted in.</param>
    /// <param name="survivors">The set that the consistency round fixed; checking its signatures is the
    /// caller's.</param>
    /// <returns>Bytes for <see cref="Unmasking"/>; the same for the same set.</returns>
    /// <exception cref="CohortException">
    /// Another context, a set that would not hide every survivor, that this node is not of or that has a node which has
    /// dealt no shares, or another set than was answered for before.
    /// </exception>
    public byte[] Reveal(RoundContext context, IReadOnlyCollection<string> survivors)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var set = SurvivorSet.Of(context, _dealers, survivors);
            if (!set.ContextDigest.AsSpan().SequenceEqual(_contextDigest))
            {
                throw new CohortException(
                    $"The shares that node {_self} holds are not of round {context.Round}, attempt {context.Attempt}.");
            }

            if (!set.Contains(_self))
            {
                throw new CohortException($"Node {_self} reveals nothing for a sum that its own addend is not in.");
            }

            // One share of each kind from enough holders would unmask a single node.
            if (_revealedFor is not null && !set.Digest.AsSpan().SequenceEqual(_revealedFor))
            {
                throw new CohortException($"Node {_self} has revealed its shares for other survivors before.");
            }

            byte[] revealed = RevealedShares.Write(set, _held, _pairs);
            _revealedFor = set.Digest;
            return revealed;
        }
    }

    /// <summary>Wipes the shares.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            CryptographicOperations.ZeroMemory(_pairs);
            _disposed = true;
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, uint bytes)
    {
        if (bytes > (uint)rest.Length)
        {
            throw new InvalidDataException("Held shares are cut short.");
        }

        ReadOnlySpan<byte> taken = rest[..(int)bytes];
        rest = rest[(int)bytes..];
        return taken;
    }

    private static bool TakeFlag(ref ReadOnlySpan<byte> rest) => Take(ref rest, 1)[0] switch
    {
        0 => false,
        1 => true,
        _ => throw new InvalidDataException("A flag of held shares is neither 0 nor 1."),
    };

    private static string TakeName(ref ReadOnlySpan<byte> rest)
    {
        uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(Take(ref rest, sizeof(uint)));
        try
        {
            return StrictUtf8.GetString(Take(ref rest, bytes));
        }
        catch (DecoderFallbackException malformed)
        {
            throw new InvalidDataException("A name of held shares is not UTF-8.", malformed);
        }
    }

    private static void Put(ref Span<byte> rest, scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }

    private static void PutNumber(ref Span<byte> rest, uint number)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(rest, number);
        rest = rest[sizeof(uint)..];
    }

    private static void PutName(ref Span<byte> rest, string name)
    {
        int bytes = StrictUtf8.GetBytes(name, rest[sizeof(uint)..]);
        PutNumber(ref rest, (uint)bytes);
        rest = rest[bytes..];
    }
}
