using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>A recurrent network that is trained until the validating patients are predicted no better.</summary>
/// <param name="Setting">What it was trained with.</param>
/// <param name="Parameters">Those of the epoch with the smallest validation loss.</param>
/// <param name="ValidationLoss">Mean log-loss there.</param>
/// <param name="Epoch">Its number, from 1.</param>
internal sealed record StayNetwork(StaySetting Setting, float[] Parameters, double ValidationLoss, int Epoch)
{
    /// <summary>Stays of one step.</summary>
    public const int BatchRows = 64;

    private const int MostEpochs = 40;
    private const int Patience = 6;
    private const double Rate = 2e-3;
    private const double DropRate = 0.3;
    private const double LongestGradient = 1;

    public static StayNetwork Train(StaySetting setting, StaySeries fit, StaySeries validation, ulong seed)
    {
        Network network = new(Description(setting));
        float[] parameters = network.InitialParameters(seed);
        AdamWOptimiser optimiser = new(network.ParameterCount, weightDecay: setting.Decay);
        NetworkWorkspace workspace = network.CreateWorkspace(BatchRows);
        StayNetwork best = new(setting, [.. parameters], double.PositiveInfinity, 0);
        for (int epoch = 1; epoch <= MostEpochs && epoch - best.Epoch <= Patience; epoch++)
        {
            RunEpoch(network, parameters, optimiser, workspace, fit, seed, epoch);
            double loss = (best with { Parameters = parameters }).LossOn(validation);
            best = loss < best.ValidationLoss ? new(setting, [.. parameters], loss, epoch) : best;
        }

        return best;
    }

    /// <summary>One pass over all stays in the order that seed and epoch decide.</summary>
    public static void RunEpoch(
        Network network,
        float[] parameters,
        AdamWOptimiser optimiser,
        NetworkWorkspace workspace,
        StaySeries stays,
        ulong seed,
        int epoch)
    {
        int[] order = [.. Enumerable.Range(0, stays.Count)];
        new PhiloxStream(seed, (ulong)epoch).Shuffle(order);
        float[] inputs = new float[BatchRows * StaySeries.StaySize];
        float[] targets = new float[BatchRows];
        float[] gradient = new float[parameters.Length];
        for (int start = 0; start < order.Length; start += BatchRows)
        {
            int rows = int.Min(BatchRows, order.Length - start);
            for (int row = 0; row < rows; row++)
            {
                int stay = order[start + row];
                stays.Inputs.AsSpan(stay * StaySeries.StaySize, StaySeries.StaySize)
                    .CopyTo(inputs.AsSpan(row * StaySeries.StaySize));
                targets[row] = stays.Labels[stay];
            }

            NetworkBatch batch = new()
            {
                Rows = rows,
                Inputs = inputs.AsSpan(0, rows * StaySeries.StaySize),
                Targets = targets.AsSpan(0, rows),
                DropoutSeed = seed,
                DropoutStep = (ulong)((epoch * order.Length) + start),
            };
            network.LossAndGradient(parameters, batch, workspace, gradient);
            GradientNorm.Clip(gradient, LongestGradient);
            optimiser.Step(parameters, gradient, Rate);
        }
    }

    public static NetworkDescription Description(StaySetting setting) => new()
    {
        Input = SampleShape.Sequence(IcuStay.Hours, StaySeries.Parts * IcuStay.Signals),
        Layers =
        [
            setting.IsGruD ? new GruD { Hidden = setting.Hidden } : new Gru { Hidden = setting.Hidden },
            new Dropout { Rate = DropRate },
            new Dense { Width = 1 },
        ],
        Loss = new BinaryLoss(1),
    };

    /// <summary>Log-odds of death of every stay.</summary>
    public double[] Scores(StaySeries stays)
    {
        Network network = new(Description(Setting));
        NetworkWorkspace workspace = network.CreateWorkspace(BatchRows);
        List<double> scores = [];
        for (int start = 0; start < stays.Count; start += BatchRows)
        {
            int rows = int.Min(BatchRows, stays.Count - start);
            NetworkBatch batch = new()
            {
                Rows = rows,
                Inputs = stays.Inputs.AsSpan(start * StaySeries.StaySize, rows * StaySeries.StaySize),
            };
            foreach (float score in network.Forward(Parameters, batch, workspace))
            {
                scores.Add(score);
            }
        }

        return [.. scores];
    }

    private double LossOn(StaySeries stays) => Scores(stays)
        .Select((score, i) => DeterministicMath.LogLoss(score, stays.Labels[i]))
        .Average();
}
