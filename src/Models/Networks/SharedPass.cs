using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Models.Networks.Threads;

namespace DigitalTwin.Models.Networks;

/// <summary>A pass that threads share.</summary>
/// <remarks>A span can't go to another thread, so what the caller passed is copied to arrays first.</remarks>
internal sealed class SharedPass
{
    private readonly NetworkWorkspace _workspace;
    private readonly ThreadTeam _team;
    private readonly float[] _parameters;
    private readonly float[] _gradient;
    private readonly float[] _inputs;
    private readonly float[] _stepMask;
    private readonly int[] _patients;
    private ChainLayer? _layers;
    private VectorWidth _width;
    private NetworkPhase _phase;
    private int _rows;
    private int _stepMaskLength;
    private int _patientsLength;
    private bool _training;
    private double _clip;
    private ulong _dropoutSeed;
    private ulong _dropoutStep;

    public SharedPass(NetworkWorkspace workspace, int parameters, int inputSize, int steps)
    {
        _workspace = workspace;
        _team = new ThreadTeam(RunPart);
        _parameters = new float[parameters];
        _gradient = new float[parameters];
        _inputs = new float[checked(workspace.Rows * inputSize)];
        _stepMask = new float[checked(workspace.Rows * steps)];
        _patients = new int[workspace.Rows];
    }

    /// <summary>Bytes of the copies.</summary>
    public static long MemoryBytes(int rows, int parameters, int inputSize, int steps) =>
        ((2L * parameters) + ((long)rows * (inputSize + steps + 1))) * sizeof(float);

    /// <summary>Takes a pass over; its phases then run with <see cref="Run"/>.</summary>
    public void Load(in NetworkPass pass)
    {
        NetworkBatch batch = pass.Batch;
        _layers = pass.Layers;
        _width = pass.Width;
        _rows = batch.Rows;
        _training = pass.Training;
        _clip = pass.Clip;
        _dropoutSeed = batch.DropoutSeed;
        _dropoutStep = batch.DropoutStep;
        _stepMaskLength = batch.StepMask.Length;
        _patientsLength = batch.Patients.Length;
        pass.Parameters.CopyTo(_parameters);
        batch.Inputs.CopyTo(_inputs);
        batch.StepMask.CopyTo(_stepMask);
        batch.Patients.CopyTo(_patients);
    }

    /// <summary>Does all parts of a phase; the gradient's phase writes <paramref name="gradient"/>.</summary>
    public void Run(NetworkPhase phase, Span<float> gradient)
    {
        _phase = phase;
        if (phase == NetworkPhase.Gradient)
        {
            Array.Clear(_gradient);
        }

        _team.Run(_workspace.Parts);
        if (phase == NetworkPhase.Gradient)
        {
            _gradient.CopyTo(gradient);
        }
    }

    private void RunPart(int part)
    {
        NetworkPass pass = new()
        {
            Layers = _layers!,
            Width = _width,
            Parameters = _parameters,
            Workspace = _workspace,
            Training = _training,
            Clip = _clip,
            Batch = new()
            {
                Rows = _rows,
                Inputs = _inputs.AsSpan(0, _rows * _layers!.Input.Size),
                StepMask = _stepMask.AsSpan(0, _stepMaskLength),
                Patients = _patients.AsSpan(0, _patientsLength),
                DropoutSeed = _dropoutSeed,
                DropoutStep = _dropoutStep,
            },
        };
        pass.Run(_phase, part, _gradient);
    }
}
