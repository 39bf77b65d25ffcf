using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>The sum of each column of a matrix, rows in their order.</summary>
internal static class ColumnSums
{
    /// <summary>Adds to what the sums hold.</summary>
    /// <param name="width">The path to run.</param>
    /// <param name="matrix">Rows are contiguous.</param>
    /// <param name="sums">One per column.</param>
    public static void Add(VectorWidth width, MatrixView matrix, Span<float> sums)
    {
        if (matrix.ColumnStride != 1 || sums.Length != matrix.Columns)
        {
            throw new ArgumentException($"Expected {matrix.Columns} sums of contiguous rows, got {sums.Length}.");
        }

        switch (width)
        {
            case VectorWidth.Scalar: AddLanes<ScalarLane>(matrix, sums, 0); break;
            case VectorWidth.Vector128: AddLanes<Lanes4>(matrix, sums, 0); break;
            case VectorWidth.Vector256: AddLanes<Lanes8>(matrix, sums, 0); break;
            case VectorWidth.Vector512: AddLanes<Lanes16>(matrix, sums, 0); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    // Four registers at a time hide the latency of an addition.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void AddLanes<T>(MatrixView matrix, Span<float> sums, int start)
        where T : struct, ILanes<T>
    {
        unchecked
        {
            ref float sum = ref MemoryMarshal.GetReference(sums);
            int j = start;
            for (; j <= sums.Length - (4 * T.Count); j += 4 * T.Count)
            {
                T a = T.Load(in sum, j);
                T b = T.Load(in sum, j + T.Count);
                T c = T.Load(in sum, j + (2 * T.Count));
                T d = T.Load(in sum, j + (3 * T.Count));
                ref float row = ref Unsafe.Add(ref matrix.First, j);
                for (int i = 0; i < matrix.Rows; i++)
                {
                    a += T.Load(in row, 0);
                    b += T.Load(in row, T.Count);
                    c += T.Load(in row, 2 * T.Count);
                    d += T.Load(in row, 3 * T.Count);
                    row = ref Unsafe.Add(ref row, matrix.RowStride);
                }

                a.Store(ref sum, j);
                b.Store(ref sum, j + T.Count);
                c.Store(ref sum, j + (2 * T.Count));
                d.Store(ref sum, j + (3 * T.Count));
            }

            for (; j <= sums.Length - T.Count; j += T.Count)
            {
                T a = T.Load(in sum, j);
                ref float row = ref Unsafe.Add(ref matrix.First, j);
                for (int i = 0; i < matrix.Rows; i++)
                {
                    a += T.Load(in row, 0);
                    row = ref Unsafe.Add(ref row, matrix.RowStride);
                }

                a.Store(ref sum, j);
            }

            if (j < sums.Length)
            {
                AddLanes<ScalarLane>(matrix, sums, j);
            }
        }
    }
}
