using DigitalTwin.Ledger.Forks;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.TestKit;

namespace DigitalTwin.Ledger.Tests.Keeping;

// Goal: a log that shows two of four hospitals one history and two another makes neither final, and one exchange of
// heads convicts it before everybody. Method: two keepers under one copied key, and four mirrors that cosign.
public sealed class SplitViewTests : IDisposable
{
    private const string Origin = "twin.example/split/data";
    private const int Hospitals = 4;

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));
    private readonly Ed25519Key _logKey = Ed25519Key.Generate();
    private readonly Ed25519Key[] _witnesses = [.. Enumerable.Range(0, Hospitals).Select(_ => Ed25519Key.Generate())];
    private readonly LogKeeper[] _keepers;
    private readonly LogMirror[] _mirrors;

    public SplitViewTests()
    {
        _keepers =
        [
            LogKeeper.Open(_folder["one"], Origin, _logKey, _time),
            LogKeeper.Open(_folder["two"], Origin, _logKey, _time),
        ];
        _mirrors = [.. Enumerable.Range(0, Hospitals).Select(hospital =>
            LogMirror.Open(_folder[$"hospital-{hospital}"], _keepers[0].VerifierKey))];
    }

    public void Dispose()
    {
        foreach (IDisposable each in (IDisposable[])[.. _mirrors, .. _keepers, .. _witnesses, _logKey, _folder])
        {
            each.Dispose();
        }
    }

    [Fact]
    public void Neither_half_becomes_final_and_one_exchange_freezes_all_four()
    {
        Show(side: 0, ["a", "b", "c"], 0, 1, 2, 3);
        Show(side: 1, ["a", "b", "c"], 0, 1, 2, 3);
        Assert.Equal(3, FinalSize(side: 0));

        Show(side: 0, ["for the left"], 0, 1);
        Show(side: 1, ["for the right", "more"], 2, 3);
        Assert.Equal(3, FinalSize(side: 0));
        Assert.Equal(3, FinalSize(side: 1));

        SignedNote left = _mirrors[0].Cosigned!;
        SignedNote right = _mirrors[2].Cosigned!;
        for (int hospital = 0; hospital < Hospitals; hospital++)
        {
            AssertFreezes(_mirrors[hospital], hospital < 2 ? right : left, hospital);
        }
    }

    // The head of the other side is larger for the left hospitals: they can check it only against what they have.
    private void AssertFreezes(LogMirror mirror, SignedNote heard, int hospital)
    {
        if (Record.Exception(() => mirror.Compare(heard)) is not ForkException)
        {
            // Equal sizes or smaller convict at once; for a larger head, whoever has its entries makes the proof.
            ForkProof proof = ForkProof.Parse(File.ReadAllBytes(_mirrors[2].ForkProof ?? Convict(_mirrors[2])));
            Assert.Throws<ForkException>(() => mirror.Freeze(proof));
        }

        ForkProof kept = ForkProof.Parse(File.ReadAllBytes(mirror.ForkProof!));
        Assert.Null(kept.Refuses(_keepers[0].VerifierKey));
        Assert.Throws<ForkException>(() =>
            mirror.Cosign(mirror.Cosigned!, _witnesses[hospital], Name(hospital), _time));
        Assert.Throws<ForkException>(() => mirror.Append(["later"u8.ToArray()]));
    }

    private string Convict(LogMirror mirror) =>
        Assert.Throws<ForkException>(() => mirror.Compare(_mirrors[0].Cosigned!)).ProofPath;

    private void Show(int side, string[] records, params int[] hospitals)
    {
        ReadOnlyMemory<byte>[] leaves =
            [.. records.Select(text => (ReadOnlyMemory<byte>)System.Text.Encoding.UTF8.GetBytes(text))];
        _keepers[side].Append(leaves);
        SignedNote head = _keepers[side].SignHead();
        long size = Checkpoint.Parse(head.Text).Size;
        foreach (int hospital in hospitals)
        {
            if (_mirrors[hospital].Entries.Size < size)
            {
                _mirrors[hospital].Append(leaves);
            }

            string line = _mirrors[hospital].Cosign(head, _witnesses[hospital], Name(hospital), _time)!;
            Assert.True(_keepers[side].AddCosignature(size, line, KeyOf(hospital)));
        }
    }

    private long FinalSize(int side) => Checkpoint.Parse(_keepers[side].Final(
        _ => [.. Enumerable.Range(0, Hospitals).Select(KeyOf)])!.Text).Size;

    private NoteVerifierKey KeyOf(int hospital) =>
        NoteVerifierKey.Witness(Name(hospital), _witnesses[hospital].PublicKey);

    private static string Name(int hospital) => $"hospital-{hospital}";
}
