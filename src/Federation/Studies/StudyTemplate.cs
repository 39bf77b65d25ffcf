using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Studies;

/// <summary>Studies made from a few choices, as the demonstration and the command line offer them.</summary>
public static class StudyTemplate
{
    /// <summary>A risk model on one contract, with the defaults of its algorithm.</summary>
    /// <param name="budget">Null for a study without differential privacy.</param>
    /// <exception cref="ArgumentException">The choices don't fit together.</exception>
    public static Study Create(
        string name,
        string title,
        string contract,
        ModelKind model,
        AlgorithmKind algorithm,
        PrivacyBudget? budget,
        NoisePlacement noise,
        SumProtection protection,
        TimeSpan deadline,
        ulong seed)
    {
        if (budget is not null && algorithm != AlgorithmKind.Gradient)
        {
            throw new ArgumentException(
                "Only algorithm gradient is accounted for differential privacy; choose it, or --epsilon none.");
        }

        return algorithm == AlgorithmKind.Newton && model != ModelKind.Logistic
            ? throw new ArgumentException("Newton solves logistic models only; choose gradient, fedavg or fedadam.")
            : new Study
            {
                Name = name,
                Title = title,
                Contract = contract,
                Model = new ModelSpecification(model, model == ModelKind.Mlp ? [16] : []),
                Algorithm = AlgorithmDefaults.Of(algorithm, model),
                Protection = protection,
                Compact = null,
                DifferentialPrivacy = budget is { } promised
                    ? new DifferentialPrivacySpecification(promised, noise, Clip: 1)
                    : null,
                MinimumSites = Study.FewestSites,
                OnMissing = OnMissing.Degrade,
                Deadline = deadline,
                PerSiteMetrics = true,
                Seed = seed,
            };
    }
}
