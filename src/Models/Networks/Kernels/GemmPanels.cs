using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>
/// Lays a matrix out as <see cref="Gemm"/> reads it: panels of two registers, row by row, zeros beyond.
/// </summary>
internal static class GemmPanels
{
    /// <summary>Packs B, contiguous in either direction, to [columns / tile][rows][tile].</summary>
    public static void Pack<TLanes>(MatrixView b, Span<float> packed)
        where TLanes : struct, ILanes<TLanes>
    {
        // Places stay below the length that the caller has checked.
        unchecked
        {
            int tileColumns = 2 * TLanes.Count;
            for (int j = 0; j < b.Columns; j += tileColumns)
            {
                int columns = Math.Min(tileColumns, b.Columns - j);
                Span<float> panel = packed.Slice(j * b.Rows, b.Rows * tileColumns);
                ref float source = ref Unsafe.Add(ref b.First, (nint)j * b.ColumnStride);
                if (columns < tileColumns)
                {
                    panel.Clear();
                }

                if (b.ColumnStride == 1 && columns == tileColumns)
                {
                    PackWholeRows<TLanes>(ref source, b, ref MemoryMarshal.GetReference(panel));
                }
                else if (b.ColumnStride == 1)
                {
                    PackPartsOfRows(ref source, b, panel, columns, tileColumns);
                }
                else
                {
                    PackColumns(ref source, b, ref MemoryMarshal.GetReference(panel), columns, tileColumns);
                }
            }
        }
    }

    private static void PackWholeRows<TLanes>(ref float source, MatrixView b, ref float panel)
        where TLanes : struct, ILanes<TLanes>
    {
        unchecked
        {
            nint half = TLanes.Count;
            for (nint k = 0; k < b.Rows; k++)
            {
                ref float row = ref Unsafe.Add(ref source, k * b.RowStride);
                TLanes.Load(in row, 0).Store(ref panel, 2 * k * half);
                TLanes.Load(in row, half).Store(ref panel, ((2 * k) + 1) * half);
            }
        }
    }

    private static void PackPartsOfRows(
        ref float source, MatrixView b, Span<float> panel, int columns, int tileColumns)
    {
        unchecked
        {
            for (int k = 0; k < b.Rows; k++)
            {
                MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref source, (nint)k * b.RowStride), columns)
                    .CopyTo(panel[(k * tileColumns)..]);
            }
        }
    }

    private static void PackColumns(ref float source, MatrixView b, ref float panel, int columns, int tileColumns)
    {
        unchecked
        {
            for (nint j = 0; j < columns; j++)
            {
                ref float column = ref Unsafe.Add(ref source, j * b.ColumnStride);
                for (nint k = 0; k < b.Rows; k++)
                {
                    Unsafe.Add(ref panel, (k * tileColumns) + j) = Unsafe.Add(ref column, k * b.RowStride);
                }
            }
        }
    }
}
