using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.PerSample;

/// <summary>The gradient of one patient's loss, computed as if there were no other patients.</summary>
/// <remarks>
/// A patient is a batch of its own, in pieces of <see cref="RowsAtOnce"/> rows: nothing of another patient can enter,
/// neither through a layer nor through the order in which floats are added, and the bits do not depend on which
/// patients share a step. Not safe for concurrent use.
/// </remarks>
public sealed class PatientGradient
{
    /// <summary>Rows of one pass. Part of the bits, therefore a constant.</summary>
    public const int RowsAtOnce = 32;

    private readonly Network _network;
    private readonly PatientRows _rows;
    private readonly NetworkWorkspace _workspace;
    private readonly float[] _piece;

    /// <exception cref="ArgumentException">The loss mixes rows.</exception>
    public PatientGradient(Network network, PatientRows rows)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(rows);
        if (!network.Loss.IsSumOverRows)
        {
            throw new ArgumentException(
                $"{network.Loss.GetType().Name} mixes rows, so there is no gradient per patient.", nameof(network));
        }

        _network = network;
        _rows = rows;
        int most = 1;
        for (int patient = 0; patient < rows.Patients; patient++)
        {
            most = int.Max(most, rows.RowsOf(patient));
        }

        _workspace = network.CreateWorkspace(int.Min(most, RowsAtOnce));
        _piece = most > 1 ? new float[network.ParameterCount] : [];
    }

    /// <summary>The sum of the patient's losses; its gradient overwrites <paramref name="gradient"/>.</summary>
    /// <param name="parameters">The network's parameters.</param>
    /// <param name="patient">The patient, from 0.</param>
    /// <param name="dropoutSeed">
    /// Key of dropout's masks. All patients get the same one: a mask that went by the patient's place among the others
    /// would change for all who come after a patient that leaves.
    /// </param>
    /// <param name="step">Number of the step of training.</param>
    /// <param name="gradient">As long as the parameters.</param>
    public double Write(
        ReadOnlySpan<float> parameters, int patient, ulong dropoutSeed, int step, Span<float> gradient)
    {
        int rows = _rows.RowsOf(patient);
        if (rows == 1)
        {
            return _network.LossAndGradient(parameters, Piece(patient, 0, 1, dropoutSeed, step), _workspace, gradient);
        }

        gradient.Clear();
        double loss = 0;
        for (int first = 0; first < rows; first += RowsAtOnce)
        {
            // The network gives means over rows, and a patient's gradient is a sum.
            int count = int.Min(RowsAtOnce, rows - first);
            NetworkBatch batch = Piece(patient, first, count, dropoutSeed, step);
            loss += count * _network.LossAndGradient(parameters, batch, _workspace, _piece);
            Elementwise.Scale(VectorWidths.Widest, count, _piece);
            Elementwise.Add(VectorWidths.Widest, _piece, gradient);
        }

        return loss;
    }

    private NetworkBatch Piece(int patient, int first, int count, ulong dropoutSeed, int step)
    {
        NetworkBatch batch = _rows.BatchOf(patient, first, count);
        return new NetworkBatch
        {
            Rows = batch.Rows,
            Inputs = batch.Inputs,
            Targets = batch.Targets,
            StepMask = batch.StepMask,
            DropoutSeed = dropoutSeed,
            DropoutStep = (ulong)step,
        };
    }
}
