using DigitalTwin.Documents;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Studies;

/// <summary>The kinds of model that a study can name.</summary>
public enum ModelKind
{
    /// <summary>Logistic regression.</summary>
    Logistic,

    /// <summary>A multilayer perceptron.</summary>
    Mlp,

    /// <summary>A gated recurrent unit over the steps of a series (Cho et al. 2014).</summary>
    Gru,

    /// <summary>GRU-D: what is not observed fades with the time since it was (Che et al. 2018).</summary>
    GruD,

    /// <summary>Long short-term memory over the steps of a series (Hochreiter and Schmidhuber 1997).</summary>
    Lstm,

    /// <summary>Convolutions along the steps of a series.</summary>
    Cnn1d,
}

/// <summary>How the sites' statistics become the next model.</summary>
public enum AlgorithmKind
{
    /// <summary>Full-batch gradient rounds: one summed gradient per round.</summary>
    Gradient,

    /// <summary>Newton's method on summed gradients and Hessians: the pooled optimum.</summary>
    Newton,

    /// <summary>Weighted average of locally trained models (McMahan et al. 2017).</summary>
    FedAvg,

    /// <summary>Adam on the averaged local change (Reddi et al. 2021).</summary>
    FedAdam,
}

/// <summary>Where the noise of a differentially private sum comes from.</summary>
public enum NoisePlacement
{
    /// <summary>Every hospital adds the full noise to its own addend: its guarantee needs nobody else.</summary>
    Local,

    /// <summary>
    /// The hospitals' shares add up to the full noise: the guarantee needs the masks and honest peers.
    /// </summary>
    Distributed,
}

/// <summary>How addends are hidden until their sum is opened.</summary>
public enum SumProtection
{
    /// <summary>Pairwise and own masks with recovery of lost hospitals (Bonawitz et al. 2017).</summary>
    Masks,

    /// <summary>Encryption under a key that no hospital holds alone (threshold BFV).</summary>
    ThresholdEncryption,
}

/// <summary>What the study does when a site is lost after the start.</summary>
public enum OnMissing
{
    Degrade,
    Fail,
}

/// <summary>The model of a study.</summary>
/// <param name="Hidden">
/// Widths of the hidden layers of an mlp, channels of the convolutions of a cnn1d, the one width of a recurrent state;
/// empty for a logistic model.
/// </param>
/// <param name="Kernel">Steps of a convolution's window, odd; 0 unless <see cref="ModelKind.Cnn1d"/>.</param>
public sealed record ModelSpecification(ModelKind Kind, IReadOnlyList<int> Hidden, int Kernel = 0);

/// <summary>The algorithm of a study and its step sizes.</summary>
/// <param name="Rounds">Training rounds at most; standardisation and evaluation are further rounds.</param>
/// <param name="L2">Ridge penalty λ of the objective Σ loss + ½·λ·‖w‖², intercepts excluded.</param>
/// <param name="LearningRate">Step of the gradient (gradient) or of the local SGD (fedavg, fedadam).</param>
/// <param name="Momentum">Heavy-ball coefficient in [0, 1) of gradient rounds.</param>
/// <param name="ServerLearningRate">Step of the server's Adam; fedadam only.</param>
/// <param name="LocalSteps">Local SGD steps per round; fedavg and fedadam only.</param>
/// <param name="BatchSize">Rows per local SGD step; fedavg and fedadam only.</param>
public sealed record AlgorithmSpecification(
    AlgorithmKind Kind,
    int Rounds,
    double L2,
    double LearningRate,
    double Momentum,
    double ServerLearningRate,
    int LocalSteps,
    int BatchSize);

/// <summary>Updates as few-bit integers after a random rotation, for models of many parameters.</summary>
/// <param name="SlotBits">Bits of a slot: what one parameter costs on the wire under masks.</param>
/// <param name="Clip">
/// Largest L2 norm of a hospital's weighted change (fedavg, fedadam); private gradients are cut by their own clip.
/// </param>
/// <param name="Patients">Training patients of all hospitals that the slots have room for (private gradients).</param>
public sealed record CompactSpecification(int SlotBits, double Clip, int Patients);

/// <summary>The differential privacy that a study promises to every participating hospital's patients.</summary>
/// <param name="Budget">(ε, δ) over the whole study, for adding or removing one patient of one hospital.</param>
/// <param name="Clip">Largest L2 norm of one patient's gradient.</param>
public sealed record DifferentialPrivacySpecification(PrivacyBudget Budget, NoisePlacement Noise, double Clip);

/// <summary>A study as data: what is trained, on what, with which protection (schema version 1).</summary>
/// <remarks>
/// No code travels with a study. <see cref="Parse"/> is the only way in, so an instance is always valid.
/// </remarks>
public sealed record Study
{
    /// <summary>The schema version this code reads and writes.</summary>
    public const int SchemaVersion = 1;

    /// <summary>Sites below which masks hide nothing: with two, each knows the other's addend.</summary>
    public const int FewestSites = 3;

    /// <summary>The longest study: a bound on what a node can be asked to sit through.</summary>
    public const int MostRounds = 1000;

    internal Study()
    {
    }

    /// <summary>Identifier, <c>[a-z0-9][a-z0-9-]{0,62}</c>.</summary>
    public required string Name { get; init; }

    public required string Title { get; init; }

    /// <summary>Identifier of the data contract, such as <c>heart-disease/v1</c>.</summary>
    public required string Contract { get; init; }

    public required ModelSpecification Model { get; init; }

    public required AlgorithmSpecification Algorithm { get; init; }

    /// <summary>Null for statistics in 64 bits, which lose nothing.</summary>
    public required CompactSpecification? Compact { get; init; }

    /// <summary>How addends travel.</summary>
    public required SumProtection Protection { get; init; }

    /// <summary>Null when the study promises no differential privacy.</summary>
    public required DifferentialPrivacySpecification? DifferentialPrivacy { get; init; }

    /// <summary>Fewest hospitals in every round.</summary>
    public required int MinimumSites { get; init; }

    public required OnMissing OnMissing { get; init; }

    /// <summary>How long one phase of a round may last without the site being dropped.</summary>
    public required TimeSpan Deadline { get; init; }

    /// <summary>Whether the sites are asked to publish their own held-out metrics.</summary>
    public required bool PerSiteMetrics { get; init; }

    /// <summary>Seed of the public randomness (initial weights); noise never comes from it.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Reads a study.</summary>
    /// <exception cref="DocumentException">
    /// It is malformed; the message names file, line, field and what is allowed.
    /// </exception>
    public static Study Parse(string file, string text) => StudyReader.Read(DocumentNode.Parse(file, text));

    /// <summary>The study as the YAML text that <see cref="Parse"/> reads.</summary>
    public string ToYaml() => StudyWriter.Write(this);
}
