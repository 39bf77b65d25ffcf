using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Models.Networks.PerSample;

namespace DigitalTwin.Models.Networks;

/// <summary>All the memory of forward and backward passes, allocated once per network and batch size.</summary>
/// <remarks>
/// <para>One workspace serves one caller at a time, who may let several threads share a pass.</para>
/// <para>
/// Bytes, as <see cref="Network.WorkspaceBytes"/> counts them, for B rows, O outputs and N threads:
/// 4 (2 B O + B K + N S) + 8 (2 B O + B) + 4 B; with N > 1 also 4 (2 P + B (I + T + 1)) for copies of the P parameters,
/// of their gradient, of inputs of I floats over T steps, and of patients' numbers. K is what the layers keep of a row,
/// S the largest scratch of a layer at ⌈B / N⌉ rows (it grows once, should a patient have more). Of K:
/// </para>
/// <list type="bullet">
/// <item>Between two layers: an output and its gradient. A dense layer and an activation keep nothing more.</item>
/// <item>GRU of H units over T steps: T (6 H + H) + 2 H; LSTM: T (4 H + H) + 2 H + (T + 2) H.</item>
/// <item>Convolution of C channels by K × K windows at W places into O channels: W (C K² + O).</item>
/// <item>Max pooling: its outputs, in rows as wide as the input at stride 1.</item>
/// </list>
/// <para>
/// Clipping takes no gradient per row: its part of the above is B norms and B factors, and in scratch the matrix of one
/// patient and layer (two T × T products where those are cheaper), which a plain step of the same workspace does not
/// touch.
/// </para>
/// </remarks>
public sealed class NetworkWorkspace
{
    private readonly float[][] _scratch;
    private readonly int[] _firstRows;
    private readonly ChainLayer _layers;
    private int _scratchRows;

    internal NetworkWorkspace(ChainLayer layers, int rows, int threads)
    {
        _layers = layers;
        int outputs = checked(rows * layers.Output.Size);
        Rows = rows;
        Threads = threads;
        Outputs = new float[outputs];
        OutputGradient = new float[outputs];
        LossOutputs = new double[outputs];
        LossGradient = new double[outputs];
        SquaredNorms = new double[rows];
        Factors = new float[rows];
        Kept = new float[layers.KeptSize(rows)];
        _scratch = new float[threads][];
        AllocateScratch(RowsOfPart(rows, threads));
        _firstRows = new int[threads + 1];
        if (threads > 1)
        {
            Shared = new SharedPass(this, layers.ParameterCount, layers.Input.Size, layers.Input.Steps);
        }
    }

    /// <summary>The largest batch that fits.</summary>
    public int Rows { get; }

    /// <summary>Threads that share a pass; the results do not depend on it.</summary>
    public int Threads { get; }

    internal SharedPass? Shared { get; }

    internal float[] Outputs { get; }

    internal float[] OutputGradient { get; }

    internal double[] LossOutputs { get; }

    internal double[] LossGradient { get; }

    internal double[] SquaredNorms { get; }

    internal float[] Factors { get; }

    internal float[] Kept { get; }

    /// <summary>Parts of the batch that is on its way: at most one per thread.</summary>
    internal int Parts { get; private set; }

    internal static long MemoryBytes(ChainLayer layers, int rows, int threads)
    {
        long outputs = checked((long)rows * layers.Output.Size);
        long floats = (2 * outputs) + rows + layers.KeptSize(rows)
            + ((long)threads * layers.ScratchSize(RowsOfPart(rows, threads)));
        long doubles = (2 * outputs) + rows;
        long shared = threads == 1
            ? 0
            : SharedPass.MemoryBytes(rows, layers.ParameterCount, layers.Input.Size, layers.Input.Steps);
        return (floats * sizeof(float)) + (doubles * sizeof(double)) + shared;
    }

    /// <summary>Parts the rows; a unit of privacy stays whole.</summary>
    internal void Divide(PrivacyUnits units)
    {
        Parts = int.Min(Threads, units.Rows);
        int largest = 0;
        for (int part = 1; part <= Parts; part++)
        {
            int row = (int)((long)units.Rows * part / Parts);
            while (row < units.Rows && units.UnitOf(row) == units.UnitOf(row - 1))
            {
                row++;
            }

            _firstRows[part] = int.Max(row, _firstRows[part - 1]);
            largest = int.Max(largest, _firstRows[part] - _firstRows[part - 1]);
        }

        // A patient with more rows than a part has usually: once, and kept.
        if (largest > _scratchRows)
        {
            AllocateScratch(largest);
        }
    }

    /// <summary>The first row of a part; of the one after the last, the number of rows.</summary>
    internal int FirstRowOf(int part) => _firstRows[part];

    internal Span<float> ScratchOf(int thread) => _scratch[thread];

    private void AllocateScratch(int rows)
    {
        _scratchRows = rows;
        int size = _layers.ScratchSize(rows);
        for (int i = 0; i < _scratch.Length; i++)
        {
            _scratch[i] = new float[size];
        }
    }

    private static int RowsOfPart(int rows, int threads) => ((rows - 1) / threads) + 1;
}
