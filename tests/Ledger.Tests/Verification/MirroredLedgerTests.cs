using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Ledger.Tests.Verification;

// Goal: a hospital's own copy proves as much as the coordinator's. Method: a mirror that judges every record as it
// comes, cosigns and adopts, is verified like any folder; then the coordinator's is lost and the mirror serves.
public sealed class MirroredLedgerTests : IDisposable
{
    private readonly SmallConsortium _consortium = new SmallConsortium().Found().RunStudy();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _consortium.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_mirror_verifies_whether_it_cosigns_or_only_reads(bool cosigns)
    {
        MirrorBothLogs(cosigns);

        VerificationReport report = LedgerVerifier.Verify(
            _folder.FullPath, new VerificationOptions { RequireFinal = true });

        Assert.Empty(report.Findings);
        Assert.Equal(_consortium.Data.Entries.Root, report.Data!.Root);
        Assert.Equal(cosigns ? 1 : 0, report.Data.SignedHeads);
        Assert.Equal(3, report.Data.Cosignatures);
    }

    [Fact]
    public void A_coordinator_that_lost_its_disk_continues_from_a_mirror()
    {
        MirrorBothLogs(cosigns: true);
        string signed = _consortium.Data.SignedHead!.Format();

        using LogKeeper keeper = LogKeeper.Open(
            _folder["data"], "twin.example/demo/data", _consortium.DataKey, _consortium.Time);

        Assert.Equal(signed, keeper.SignHead().Format());
        Assert.Equal(_consortium.Data.FinalHead!.Format(), keeper.FinalHead!.Format());
    }

    private void MirrorBothLogs(bool cosigns)
    {
        MemberRegistry registry = new();
        EntryLog? authorization = null;
        foreach (LogKind kind in Enum.GetValues<LogKind>())
        {
            LogKeeper keeper = _consortium.KeeperOf(kind);
            using LogMirror mirror = LogMirror.Open(_folder[LedgerVerifier.FolderNameOf(kind)], keeper.VerifierKey);
            authorization ??= EntryLog.OpenRead(Path.Combine(_consortium.Folder, "authorization"));
            for (long index = 0; index < keeper.Entries.Size; index++)
            {
                Envelope record = Envelope.Parse(keeper.Entries.Read(index));
                Assert.Null(registry.Refuses(record, kind, authorization));
                mirror.Append([record.Leaf]);
                registry.Apply(index, record);
            }

            SignedNote final = keeper.FinalHead!;
            Assert.True(mirror.Adopt(final, registry.WitnessesFor(kind, keeper.Entries.Size)));
            Assert.True(!cosigns || mirror.Cosign(final, _consortium.WitnessKeyOf("hospital-a"),
                _consortium.WitnessOf("hospital-a").Name, _consortium.Time) is not null);
        }

        authorization!.Dispose();
    }
}
