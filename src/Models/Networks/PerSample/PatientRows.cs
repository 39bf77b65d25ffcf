namespace DigitalTwin.Models.Networks.PerSample;

/// <summary>Rows to train on, grouped by patient: the unit that is clipped, sampled and protected.</summary>
/// <remarks>A patient has one row or many, for example windows of one stay.</remarks>
public sealed class PatientRows
{
    private readonly float[] _inputs;
    private readonly float[] _targets;
    private readonly float[] _stepMask;
    private readonly int[] _firstRows;
    private readonly int _inputSize;
    private readonly int _targetSize;
    private readonly int _maskSize;

    /// <param name="network">The network that the rows are for.</param>
    /// <param name="inputs">Rows × size of the network's input.</param>
    /// <param name="targets">Rows × the loss's target size.</param>
    /// <param name="patients">
    /// For each row its patient, numbered 0, 1, 2, … in order; empty: every row is a patient of its own.
    /// </param>
    /// <param name="stepMask">Rows × steps, 1 where a step was observed; empty: all observed.</param>
    /// <exception cref="ArgumentException">A length is wrong, or a patient's rows do not stand together.</exception>
    public PatientRows(
        Network network,
        float[] inputs,
        float[] targets,
        ReadOnlySpan<int> patients = default,
        float[]? stepMask = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        _inputSize = network.Input.Size;
        _targetSize = network.Loss.TargetSize;
        _inputs = inputs;
        _targets = targets;
        _stepMask = stepMask ?? [];
        Rows = inputs.Length / _inputSize;
        _maskSize = _stepMask.Length > 0 ? network.Input.Steps : 0;
        if (inputs.Length != Rows * _inputSize || targets.Length != Rows * _targetSize
            || _stepMask.Length != Rows * _maskSize)
        {
            throw new ArgumentException(
                $"{inputs.Length} inputs, {targets.Length} targets and {_stepMask.Length} entries of the step mask are "
                    + $"not rows of {_inputSize}, {_targetSize} and {network.Input.Steps}.");
        }

        PrivacyUnits units = PrivacyUnits.Of(Rows, patients);
        Patients = units.Count;
        _firstRows = new int[Patients + 1];
        for (int row = 0; row < Rows; row = units.EndOf(row))
        {
            _firstRows[units.UnitOf(row) + 1] = units.EndOf(row);
        }
    }

    /// <summary>How many rows there are.</summary>
    public int Rows { get; }

    /// <summary>How many patients there are.</summary>
    public int Patients { get; }

    /// <summary>How many rows one patient has.</summary>
    public int RowsOf(int patient) => _firstRows[patient + 1] - _firstRows[patient];

    /// <summary>Some rows of one patient as a batch of their own.</summary>
    /// <param name="patient">The patient, from 0.</param>
    /// <param name="first">The first row, counted within the patient.</param>
    /// <param name="count">How many rows.</param>
    public NetworkBatch BatchOf(int patient, int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, RowsOf(patient) - first);
        int row = _firstRows[patient] + first;
        return new NetworkBatch
        {
            Rows = count,
            Inputs = _inputs.AsSpan(row * _inputSize, count * _inputSize),
            Targets = _targets.AsSpan(row * _targetSize, count * _targetSize),
            StepMask = _stepMask.AsSpan(row * _maskSize, count * _maskSize),
        };
    }
}
