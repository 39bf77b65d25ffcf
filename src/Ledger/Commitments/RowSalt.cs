using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Commitments;

/// <summary>
/// The secret under which a hospital's rows become tokens. Without it nobody, the hospital included, can tell which
/// token was whose: deleting it is the erasure.
/// </summary>
/// <remarks>
/// One key, four uses of HMAC-SHA256. A row identifier holds no control character, and the other inputs begin with a
/// line feed, so no row can have the token of a padding leaf or the salt of another row.
/// </remarks>
public sealed class RowSalt : IDisposable
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, true);

    private readonly byte[] _secret;

    /// <summary>Takes a copy of <see cref="Size"/> secret random bytes.</summary>
    /// <exception cref="ArgumentException">There are fewer or more.</exception>
    public RowSalt(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != Size)
        {
            throw new ArgumentException($"A salt has {Size} bytes, not {secret.Length}.", nameof(secret));
        }

        _secret = secret.ToArray();
    }

    /// <summary>A new salt.</summary>
    public static RowSalt Generate() => new(RandomNumberGenerator.GetBytes(Size));

    /// <summary>Reads a salt that <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public static RowSalt Load(string path)
    {
        string text = File.ReadAllText(path);
        return text.Length == (2 * Size) + 1 && text[^1] == '\n' && text[..^1].All(char.IsAsciiHexDigitLower)
            ? new RowSalt(Convert.FromHexString(text[..^1]))
            : throw new InvalidDataException($"{path} holds no salt; restore it from a backup.");
    }

    /// <summary>Deletes a saved salt; it is gone from the folder when the call returns.</summary>
    /// <remarks>
    /// The bytes may live on in backups, snapshots and the cells of a flash disk: those need a deletion of their own.
    /// </remarks>
    public static void Erase(string path)
    {
        File.Delete(path);
        DurableFile.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Writes the salt into a new file that only its owner can read.</summary>
    /// <exception cref="IOException">The file exists already, or could not be made durable.</exception>
    public void Save(string path) => DurableFile.CreateSecret(path, Convert.ToHexStringLower(_secret) + "\n");

    /// <summary>The token of a row: HMAC-SHA256(salt, identifier).</summary>
    /// <exception cref="ArgumentException">
    /// The identifier is empty, holds a control character or is no Unicode text.
    /// </exception>
    public RowToken Token(string rowId)
    {
        ArgumentException.ThrowIfNullOrEmpty(rowId);
        if (rowId.Any(char.IsControl))
        {
            throw new ArgumentException("A row identifier holds no control character.", nameof(rowId));
        }

        return new RowToken(Mac(StrictUtf8.GetBytes(rowId)));
    }

    /// <summary>The leaf of a row: its token and a salted commitment to its content.</summary>
    /// <param name="rowId">As in <see cref="Token"/>.</param>
    /// <param name="kind">What the content is, as in <see cref="SaltedCommitment.Of"/>.</param>
    /// <param name="digest">SHA-256 of the content.</param>
    public RowLeaf Leaf(string rowId, string kind, ReadOnlySpan<byte> digest)
    {
        // A salt for each row: under a common one, two patients with equal content would be seen to be equal.
        RowToken token = Token(rowId);
        byte[] salt = Mac([.. "\nrow-salt/"u8, .. token.ToArray()]);
        return new RowLeaf(token, new MerkleHash(SaltedCommitment.Of(kind, salt, digest)));
    }

    /// <summary>A leaf of nobody: it looks like any other, and hides how many rows a tree has.</summary>
    public RowLeaf Padding(int number)
    {
        string which = number.ToString(CultureInfo.InvariantCulture);
        return new RowLeaf(
            new RowToken(Mac(System.Text.Encoding.ASCII.GetBytes("\npadding/" + which))),
            new MerkleHash(Mac(System.Text.Encoding.ASCII.GetBytes("\npadding-commitment/" + which))));
    }

    /// <summary>Wipes the copy in memory.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_secret);

    private byte[] Mac(ReadOnlySpan<byte> input) => HMACSHA256.HashData(_secret, input);
}
