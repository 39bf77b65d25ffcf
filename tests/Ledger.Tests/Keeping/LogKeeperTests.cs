using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Tests.Keeping;

// Goal: no acknowledged entry is lost, no two signed heads disagree, and only a quorum makes a head final.
// Method: a real consortium in a temporary folder; crashes are cut files, forks are copied folders.
public sealed class LogKeeperTests : IDisposable
{
    private readonly SmallConsortium _consortium = new();

    public void Dispose() => _consortium.Dispose();

    [Fact]
    public void A_whole_study_survives_a_restart_with_the_same_heads()
    {
        _consortium.Found().RunStudy();
        string signed = _consortium.Data.SignedHead!.Format();
        string final = _consortium.Data.FinalHead!.Format();

        _consortium.Reopen();

        Assert.Equal(signed, _consortium.Data.SignedHead!.Format());
        Assert.Equal(signed, _consortium.Data.SignHead().Format());
        Assert.Equal(final, _consortium.Data.FinalHead!.Format());
        MemberRegistry registry = MemberRegistry.Replay(_consortium.Authorization.Entries, _consortium.Data.Entries);
        Assert.Equal(_consortium.Registry.NextSeq("hospital-b", LogKind.Data), registry.NextSeq("hospital-b", LogKind.Data));
    }
}
