using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Federation.Tests.PrivateTraining;

/// <summary>The same patients in every step; has no accounting.</summary>
internal sealed class FixedBatches(IReadOnlyList<int> batch) : PatientBatches
{
    public override PrivacyComposition Releases => throw new InvalidOperationException("Not private.");

    public override double GridSlack => 0;

    public override IReadOnlyList<int> Draw(int step) => batch;
}
