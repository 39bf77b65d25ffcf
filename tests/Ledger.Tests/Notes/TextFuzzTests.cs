using System.Globalization;
using DigitalTwin.Ledger.Forks;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Tiles;
using DigitalTwin.Ledger.Witnessing;

namespace DigitalTwin.Ledger.Tests.Notes;

// Goal: no bytes whatever bring a parser of the log formats to another exception than its own, and what it accepts has
// one text. Method: valid texts changed in one to four places by a seeded stream, with pieces of the formats thrown in.
// DTWIN_LEDGER_FUZZ=10000000 runs more; a failure names the execution.
public sealed class TextFuzzTests
{
    private const int DefaultExecutions = 20_000;
    private const ulong Seed = 20260301;

    private static readonly string[] Pieces =
    [
        "\n", "\n\n", " ", "\t", "\0", "\r", "\u007f", "\u0085", "\u2028", "— ", "+", "/", "=", "==", "0", "00", "-1",
        "9223372036854775807", "9223372036854775808", "99999999999999999999", "x001", "x000/", ".p/", ".p/255", "..",
        "tile/", "entries", "old ", "index ", "extra ", "prefix ", "log ", "witness ", "group ", "quorum ", "none",
        "any ", "all ", "# ", "c2sp.org/tlog-proof@v1\n", "digitaltwin.dev/fork-proof@v1\n", "AAAAAAA=",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "\ud83d\ude00", "é", "٣",
    ];

    private readonly record struct Format(string Name, byte[] Valid, Func<byte[], byte[]?> Rewrite);

    [Fact]
    public void Parsers_throw_nothing_but_their_own_exception_and_accept_one_text()
    {
        long executions = long.Parse(
            Environment.GetEnvironmentVariable("DTWIN_LEDGER_FUZZ")
                ?? DefaultExecutions.ToString(CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture);
        Format[] formats = [.. Formats()];
        Assert.All(formats, format => Assert.Equal(format.Valid, format.Rewrite(format.Valid)));
        ulong state = Seed;
        long accepted = 0;
        for (long execution = 0; execution < executions; execution++)
        {
            Format format = formats[Next(ref state, formats.Length)];
            byte[] other = formats[Next(ref state, formats.Length)].Valid;
            byte[] mutated = Mutated(format.Valid, other, ref state);
            try
            {
                byte[]? written = format.Rewrite(mutated);
                accepted++;
                if (written is not null && !written.AsSpan().SequenceEqual(mutated))
                {
                    Assert.Fail($"{format.Name}, execution {execution}: two texts of one value.");
                }
            }
            catch (Exception error) when (error is NoteFormatException or TileFormatException)
            {
                // The ones that are promised.
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"{format.Name}, execution {execution}: {error}\n{Convert.ToBase64String(mutated)}");
            }
        }

        // Other digits in a size, another character in a comment: some changes give another valid text.
        Assert.InRange(accepted, executions / 100, executions / 2);
        TestContext.Current.SendDiagnosticMessage($"{executions} executions, {accepted} of them still valid texts.");
    }

    private static IEnumerable<Format> Formats()
    {
        using Ed25519Key key = Ed25519Key.FromSeed(new byte[Ed25519Key.SeedSize]);
        using Ed25519Key witness = Ed25519Key.FromSeed([.. Enumerable.Repeat((byte)1, Ed25519Key.SeedSize)]);
        MerkleTree tree = new();
        for (int i = 0; i < 11; i++)
        {
            tree.Append(Rfc6962.Leaf([(byte)i]));
        }

        SignedNote Head(int size, MerkleHash root) =>
            SignedNote.Sign(new Checkpoint("twin.example/data", size, root).Text, "twin.example/data", key);
        SignedNote note = Head(11, tree.Root);
        NoteSignature line = Cosignature.Sign(note.Text, "w.example/1", witness, DateTimeOffset.UnixEpoch);
        SignedNote cosigned = note.With(line);
        string hashes = string.Concat(tree.InclusionProof(6, 11).Select(hash => hash + "\n"));
        NoteVerifierKey log = NoteVerifierKey.Log("twin.example/data", key.PublicKey);
        NoteVerifierKey vkey = NoteVerifierKey.Witness("w.example/1", witness.PublicKey);
        ForkProof fork = ForkProof.Of(
            Head(7, Rfc6962.Empty), note, tree.RootAt(7), tree.ConsistencyProof(7, 11));

        yield return Of("note", cosigned.Format(), bytes => SignedNote.Parse(bytes).ToBytes());
        yield return Of("checkpoint", note.Text, bytes => Bytes(Checkpoint.Parse(Text(bytes)).Text));
        yield return Of("signature line", line.ToString(), bytes =>
        {
            NoteSignature read = NoteSignature.Parse(Text(bytes));
            vkey.Verify(note.Text, read.Signature.Span);
            Cosignature.TimeOf(read);
            return Bytes(read.ToString());
        });
        yield return Of("verifier key", vkey.ToString(), bytes => Bytes(NoteVerifierKey.Parse(Text(bytes)).ToString()));
        yield return Of("proof file", $"c2sp.org/tlog-proof@v1\nextra AAEC\nindex 6\n{hashes}\n{cosigned.Format()}",
            bytes => Bytes(ProofFile.Parse(bytes).Format()));
        yield return Of("policy", $"# a\nlog {log}\nwitness w {vkey} https://w.example/\ngroup g any w\nquorum g\n",
            bytes => PolicyOf(bytes, cosigned));
        yield return Of("fork proof", fork.Format(), bytes =>
        {
            ForkProof read = ForkProof.Parse(bytes);
            read.Refuses(log);
            return Bytes(read.Format());
        });
        yield return Of("request", new AddCheckpointRequest(7, tree.ConsistencyProof(7, 11), note).Format(),
            bytes => Bytes(AddCheckpointRequest.Parse(bytes).Format()));
        foreach (string path in (string[])["tile/0/x001/x234/067.p/12", "tile/entries/x001/067"])
        {
            yield return Of("tile path", path, bytes => Bytes(TilePath.Parse(Text(bytes)).ToString()));
        }

        byte[] bundle = EntryBundle.Format([new byte[3], new byte[300], new byte[1]]);
        yield return new Format("bundle", bundle, bytes => EntryBundle.Format(EntryBundle.Parse(bytes, 3)));
    }

    private static Format Of(string name, string valid, Func<byte[], byte[]?> rewrite) =>
        new(name, Bytes(valid), rewrite);

    private static byte[] PolicyOf(byte[] bytes, SignedNote note)
    {
        PolicyFile policy = PolicyFile.Parse(bytes);
        policy.Refuses(note);

        // Octets that are not UTF-8 are allowed in a policy and come back as replacement characters.
        return bytes.All(b => b < 0x80) ? Bytes(policy.Format()) : bytes;
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] bytes)
    {
        string text = System.Text.Encoding.UTF8.GetString(bytes);
        return Bytes(text).AsSpan().SequenceEqual(bytes) ? text : throw new NoteFormatException("not UTF-8");
    }

    private static byte[] Mutated(byte[] valid, byte[] other, ref ulong state)
    {
        List<byte> bytes = [.. valid];
        for (int change = Next(ref state, 4); change >= 0; change--)
        {
            int at = Next(ref state, bytes.Count + 1);
            int length = int.Min(Next(ref state, 64), bytes.Count - at);
            switch (Next(ref state, 6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << Next(ref state, 8));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = (byte)('0' + Next(ref state, 10));
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(Next(ref state, bytes.Count + 1), bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.InsertRange(at, Bytes(Pieces[Next(ref state, Pieces.Length)]));
                    break;
                default:
                    int from = Next(ref state, other.Length);
                    bytes.InsertRange(at, other[from..int.Min(from + length, other.Length)]);
                    break;
            }
        }

        return [.. bytes];
    }

    // SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    private static int Next(ref ulong state, int below)
    {
        unchecked
        {
            state += 0x9e3779b97f4a7c15;
            ulong z = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            return (int)((z ^ (z >> 31)) % (ulong)below);
        }
    }
}
