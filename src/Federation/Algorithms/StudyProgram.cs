using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>A study as a sequence of rounds: the first state, and the algorithm that each state asks for.</summary>
public sealed class StudyProgram
{
    private readonly StudyDocument _document;

    public StudyProgram(StudyDocument document)
    {
        _document = document;
        Model = StudyModel.Of(document);
    }

    public DifferentiableModel Model { get; }

    /// <summary>
    /// Rounds of a run that needs every training round and, under threshold encryption, one key.
    /// </summary>
    public int MostRounds => _document.Study.Algorithm.Rounds + (Standardises ? 2 : 1)
        + (_document.Study.Protection == SumProtection.ThresholdEncryption ? 1 : 0);

    // Under differential privacy the features are scaled with the contract's public references: that costs no ε. So
    // are the steps of a series, most of whose values stand in for some that were not observed.
    private bool Standardises => _document.Study.DifferentialPrivacy is null && _document.Steps == 1;

    // A convex problem under full-batch steps needs no random start, and under noise a random start costs accuracy.
    private bool StartsAtZero => _document.Study.Model.Kind == ModelKind.Logistic
        && _document.Study.Algorithm.Kind is (AlgorithmKind.Gradient or AlgorithmKind.Newton);

    /// <summary>The state before the first round; a function of the document alone.</summary>
    public ModelState Initial() => new()
    {
        Next = Standardises ? RoundPurpose.Standardise : RoundPurpose.Train,
        TrainedRounds = 0,
        Mean = Standardises ? [] : _document.ReferenceMeans,
        Deviation = Standardises ? [] : _document.ReferenceDeviations,
        Parameters = StartsAtZero
            ? new double[Model.ParameterCount]
            : Model.InitialParameters(_document.Study.Seed),
        Optimiser = [],
        Evaluation = [],
    };

    /// <summary>The algorithm of the round that <paramref name="state"/> asks for.</summary>
    /// <exception cref="InvalidOperationException">The study has ended.</exception>
    public RoundAlgorithm AlgorithmFor(ModelState state, CohortSize cohort) => state.Next switch
    {
        RoundPurpose.Standardise => new StandardisationRound(_document),
        RoundPurpose.Evaluate => new EvaluationRound(Model),
        RoundPurpose.Train => TrainingAlgorithm(cohort),
        _ => throw new InvalidOperationException("The study has ended: there is no further round."),
    };

    /// <summary>
    /// The smallest cohort that the study allows: what is said of its noise before the cohort is known.
    /// </summary>
    public CohortSize SmallestCohort => new(
        _document.Study.MinimumSites, SurvivorRule.Fewest(_document.Study, _document.Study.MinimumSites));

    /// <summary>The algorithm of the study's training rounds.</summary>
    public RoundAlgorithm TrainingAlgorithm(CohortSize cohort)
    {
        Study study = _document.Study;
        return study.Algorithm.Kind switch
        {
            AlgorithmKind.Newton => new NewtonRound(study, _document.Features.Count),
            AlgorithmKind.Gradient when study.DifferentialPrivacy is not null => study.Compact is null
                ? new PrivateGradientRound(study, Model, cohort)
                : new CompactGradientRound(study, Model, cohort),
            AlgorithmKind.Gradient => new GradientRound(study, Model),
            _ => new AveragingRound(study, Model, cohort),
        };
    }
}
