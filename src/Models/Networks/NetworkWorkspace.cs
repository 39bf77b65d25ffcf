namespace DigitalTwin.Models.Networks;

/// <summary>All the memory of forward and backward passes, allocated once per network and batch size.</summary>
/// <remarks>One workspace serves one thread at a time.</remarks>
public sealed class NetworkWorkspace
{
    internal NetworkWorkspace(int rows, int outputs, int kept, int scratch)
    {
        Rows = rows;
        Outputs = new float[rows * outputs];
        OutputGradient = new float[rows * outputs];
        LossOutputs = new double[rows * outputs];
        LossGradient = new double[rows * outputs];
        SquaredNorms = new double[rows];
        Factors = new float[rows];
        Kept = new float[kept];
        Scratch = new float[scratch];
    }

    /// <summary>The largest batch that fits.</summary>
    public int Rows { get; }

    internal float[] Outputs { get; }

    internal float[] OutputGradient { get; }

    internal double[] LossOutputs { get; }

    internal double[] LossGradient { get; }

    internal double[] SquaredNorms { get; }

    internal float[] Factors { get; }

    internal float[] Kept { get; }

    internal float[] Scratch { get; }
}
