using BenchmarkDotNet.Attributes;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Kernels;

/// <summary>One product of two 512 × 512 matrices of floats, packing included, one thread.</summary>
[MemoryDiagnoser]
[MinColumn]
[InvocationCount(8, 1)]
[WarmupCount(50)]
[IterationCount(150)]
public class MatrixBenchmarks
{
    private const int Size = 512;

    private readonly float[] _a = Filled(3);
    private readonly float[] _b = Filled(5);
    private readonly float[] _c = new float[Size * Size];
    private readonly float[] _packing = new float[Gemm.PackedSize(Size, Size)];

    [Benchmark(Baseline = true)]
    public void Multiply() => Run(MatrixView.Of(_a, Size, Size), MatrixView.Of(_b, Size, Size));

    [Benchmark]
    public void MultiplyTransposedB() => Run(MatrixView.Of(_a, Size, Size), MatrixView.Of(_b, Size, Size).Transposed);

    [Benchmark]
    public void MultiplyTransposedA() => Run(MatrixView.Of(_a, Size, Size).Transposed, MatrixView.Of(_b, Size, Size));

    private static float[] Filled(int step) =>
        [.. Enumerable.Range(0, Size * Size).Select(i => ((i * step % 17) - 8) / 8f)];

    private void Run(MatrixView a, MatrixView b) => Gemm.Multiply(
        VectorWidths.Widest, a, b, MatrixView.Of(_c, Size, Size), SumsBegin.AtZero, _packing);
}
