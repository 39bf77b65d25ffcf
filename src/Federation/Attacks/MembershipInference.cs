using DigitalTwin.Models.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

namespace DigitalTwin.Federation.Attacks;

/// <summary>Trains one model on some of the rows.</summary>
/// <param name="included">For each row whether to train on it; at least one is in.</param>
/// <param name="model">Number of the model, from 0: where its randomness comes from.</param>
/// <returns>For every row, also those left out, the log-odds of its true label, finite.</returns>
public delegate double[] ShadowTraining(ReadOnlySpan<bool> included, int model);

/// <summary>What the likelihood-ratio attack told about the rows that models were trained on.</summary>
/// <param name="Online">With models that were trained on the row and models that were not.</param>
/// <param name="Offline">With models that were not.</param>
public sealed record MembershipFinding(CanaryScores Online, CanaryScores Offline);

/// <summary>The likelihood-ratio attack on a way of training: how well its models betray whom they were trained
/// on.</summary>
/// <remarks>
/// Carlini et al., "Membership Inference Attacks From First Principles", IEEE S&amp;P 2022, in the way of their section
/// VI: every model is trained on the rows that fair coins choose, and is the target once, with all others as its
/// shadows. The attacker is a strong one: it knows the rows, the labels and the way of training, and has models trained
/// on other halves of the very same hospital.
/// </remarks>
public static class MembershipInference
{
    /// <summary>Attacks <paramref name="models"/> models in turn.</summary>
    /// <param name="rows">Rows there are, two or more.</param>
    /// <param name="models">Models, three or more; as many trainings.</param>
    /// <param name="seed">Of the coins.</param>
    /// <param name="train">The training under attack.</param>
    public static MembershipFinding Run(int rows, int models, ulong seed, ShadowTraining train)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(models, 3);
        ArgumentNullException.ThrowIfNull(train);
        bool[][] included = new bool[models][];
        double[][] logits = new double[models][];
        for (int model = 0; model < models; model++)
        {
            included[model] = Coins(rows, new PhiloxStream(seed, stream: (ulong)model));
            logits[model] = train(included[model], model);
        }

        List<double> online = [];
        List<double> offline = [];
        for (int target = 0; target < models; target++)
        {
            ShadowConfidences shadows = new(rows);
            for (int shadow = 0; shadow < models; shadow++)
            {
                if (shadow != target)
                {
                    shadows.Add(logits[shadow], included[shadow]);
                }
            }

            online.AddRange(shadows.OnlineScores(logits[target]));
            offline.AddRange(shadows.OfflineScores(logits[target]));
        }

        bool[] memberships = [.. included.SelectMany(ofModel => ofModel)];
        return new MembershipFinding(
            new CanaryScores([.. online], memberships), new CanaryScores([.. offline], memberships));
    }

    // Independent coins, so that models of neighbouring tables differ by one patient added or removed; but never
    // nobody.
    private static bool[] Coins(int rows, PhiloxStream random)
    {
        bool[] coins = new bool[rows];
        while (!coins.Contains(true))
        {
            for (int row = 0; row < rows; row++)
            {
                coins[row] = random.NextBelow(2) == 1;
            }
        }

        return coins;
    }
}
