using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>
/// The innermost product: up to 6 rows of A with a panel of B two registers wide, or up to 12 with half a panel.
/// </summary>
internal readonly ref struct GemmTile(
    ref float a, nint aRow, nint aDepth, ref float panel, nint panelRow, int depth)
{
    /// <summary>12 accumulators hide the latency of FMA, and 16 registers hold them with what they need.</summary>
    public const int Rows = 6;

    /// <summary>As many accumulators, where the last panel has no more columns than one register.</summary>
    public const int NarrowRows = 2 * Rows;

    /// <summary>Columns of a tile at the widest width.</summary>
    public const int WidestColumns = 2 * (int)VectorWidth.Vector512;

    private readonly ref float _a = ref a;
    private readonly ref float _panel = ref panel;

    /// <summary>Whether a tile of so many columns takes <see cref="NarrowRows"/>.</summary>
    public static bool IsNarrow<TLanes>(int columns)
        where TLanes : struct, ILanes<TLanes> => columns <= TLanes.Count;

    /// <summary>Writes the tile of C, of up to 6 (12) rows and up to one panel's (half a panel's) columns.</summary>
    /// <remarks>A tile at the edge is computed whole, with its last row repeated, and copied in part.</remarks>
    public void Multiply<TLanes>(MatrixView c, SumsBegin begin, ReadOnlySpan<float> row)
        where TLanes : struct, ILanes<TLanes>
    {
        bool isNarrow = IsNarrow<TLanes>(c.Columns);
        int columns = isNarrow ? TLanes.Count : 2 * TLanes.Count;
        bool zero = begin == SumsBegin.AtZero;
        if (c.Rows == (isNarrow ? NarrowRows : Rows) && c.Columns == columns)
        {
            ref float start = ref begin == SumsBegin.AtRow ? ref MemoryMarshal.GetReference(row) : ref c.First;
            nint startRow = begin == SumsBegin.AtRow ? 0 : c.RowStride;
            if (isNarrow)
            {
                MultiplyNarrow<TLanes>(NarrowRows, ref start, startRow, zero, ref c.First, c.RowStride);
            }
            else
            {
                MultiplyWide<TLanes>(Rows, ref start, startRow, zero, ref c.First, c.RowStride);
            }

            return;
        }

        Span<float> whole = stackalloc float[Rows * WidestColumns];
        for (int i = 0; !zero && i < c.Rows; i++)
        {
            ReadOnlySpan<float> start = begin == SumsBegin.AtRow ? row[..c.Columns] : RowOf(c, i);
            start.CopyTo(whole[(i * columns)..]);
        }

        ref float first = ref MemoryMarshal.GetReference(whole);
        if (isNarrow)
        {
            MultiplyNarrow<TLanes>(c.Rows, ref first, columns, zero, ref first, columns);
        }
        else
        {
            MultiplyWide<TLanes>(c.Rows, ref first, columns, zero, ref first, columns);
        }

        for (int i = 0; i < c.Rows; i++)
        {
            whole.Slice(i * columns, c.Columns).CopyTo(RowOf(c, i));
        }
    }

    private static Span<float> RowOf(MatrixView c, int i) =>
        MemoryMarshal.CreateSpan(ref Unsafe.Add(ref c.First, (nint)i * c.RowStride), c.Columns);

    // Offsets stay within what the views have checked, so overflow checks would find nothing.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void MultiplyWide<TLanes>(int rows, ref float start, nint startRow, bool zero, ref float c, nint cRow)
        where TLanes : struct, ILanes<TLanes>
    {
        unchecked
        {
            nint half = TLanes.Count;
            nint last = rows - 1;
            ref float a0 = ref _a;
            ref float a1 = ref Unsafe.Add(ref a0, Math.Min(1, last) * aRow);
            ref float a2 = ref Unsafe.Add(ref a0, Math.Min(2, last) * aRow);
            ref float a3 = ref Unsafe.Add(ref a0, Math.Min(3, last) * aRow);
            ref float a4 = ref Unsafe.Add(ref a0, Math.Min(4, last) * aRow);
            ref float a5 = ref Unsafe.Add(ref a0, Math.Min(5, last) * aRow);
            TLanes c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51;
            if (zero)
            {
                c00 = c01 = c10 = c11 = c20 = c21 = c30 = c31 = c40 = c41 = c50 = c51 = TLanes.Broadcast(0);
            }
            else
            {
                (c00, c01) = (TLanes.Load(in start, 0), TLanes.Load(in start, half));
                (c10, c11) = (TLanes.Load(in start, startRow), TLanes.Load(in start, startRow + half));
                (c20, c21) = (TLanes.Load(in start, 2 * startRow), TLanes.Load(in start, (2 * startRow) + half));
                (c30, c31) = (TLanes.Load(in start, 3 * startRow), TLanes.Load(in start, (3 * startRow) + half));
                (c40, c41) = (TLanes.Load(in start, 4 * startRow), TLanes.Load(in start, (4 * startRow) + half));
                (c50, c51) = (TLanes.Load(in start, 5 * startRow), TLanes.Load(in start, (5 * startRow) + half));
            }

            ref float b = ref _panel;
            nint at = 0;
            for (int k = depth; k > 0; k--)
            {
                TLanes b0 = TLanes.Load(in b, 0);
                TLanes b1 = TLanes.Load(in b, half);
                b = ref Unsafe.Add(ref b, panelRow);

                TLanes row = TLanes.Broadcast(Unsafe.Add(ref a0, at));
                (c00, c01) = (TLanes.Fma(row, b0, c00), TLanes.Fma(row, b1, c01));
                row = TLanes.Broadcast(Unsafe.Add(ref a1, at));
                (c10, c11) = (TLanes.Fma(row, b0, c10), TLanes.Fma(row, b1, c11));
                row = TLanes.Broadcast(Unsafe.Add(ref a2, at));
                (c20, c21) = (TLanes.Fma(row, b0, c20), TLanes.Fma(row, b1, c21));
                row = TLanes.Broadcast(Unsafe.Add(ref a3, at));
                (c30, c31) = (TLanes.Fma(row, b0, c30), TLanes.Fma(row, b1, c31));
                row = TLanes.Broadcast(Unsafe.Add(ref a4, at));
                (c40, c41) = (TLanes.Fma(row, b0, c40), TLanes.Fma(row, b1, c41));
                row = TLanes.Broadcast(Unsafe.Add(ref a5, at));
                (c50, c51) = (TLanes.Fma(row, b0, c50), TLanes.Fma(row, b1, c51));
                at += aDepth;
            }

            Store(c00, c01, ref c);
            Store(c10, c11, ref Unsafe.Add(ref c, cRow));
            Store(c20, c21, ref Unsafe.Add(ref c, 2 * cRow));
            Store(c30, c31, ref Unsafe.Add(ref c, 3 * cRow));
            Store(c40, c41, ref Unsafe.Add(ref c, 4 * cRow));
            Store(c50, c51, ref Unsafe.Add(ref c, 5 * cRow));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void MultiplyNarrow<TLanes>(int rows, ref float start, nint startRow, bool zero, ref float c, nint cRow)
        where TLanes : struct, ILanes<TLanes>
    {
        unchecked
        {
            nint last = rows - 1;
            ref float a0 = ref _a;
            ref float a1 = ref Unsafe.Add(ref a0, Math.Min(1, last) * aRow);
            ref float a2 = ref Unsafe.Add(ref a0, Math.Min(2, last) * aRow);
            ref float a3 = ref Unsafe.Add(ref a0, Math.Min(3, last) * aRow);
            ref float a4 = ref Unsafe.Add(ref a0, Math.Min(4, last) * aRow);
            ref float a5 = ref Unsafe.Add(ref a0, Math.Min(5, last) * aRow);
            ref float a6 = ref Unsafe.Add(ref a0, Math.Min(6, last) * aRow);
            ref float a7 = ref Unsafe.Add(ref a0, Math.Min(7, last) * aRow);
            ref float a8 = ref Unsafe.Add(ref a0, Math.Min(8, last) * aRow);
            ref float a9 = ref Unsafe.Add(ref a0, Math.Min(9, last) * aRow);
            ref float a10 = ref Unsafe.Add(ref a0, Math.Min(10, last) * aRow);
            ref float a11 = ref Unsafe.Add(ref a0, Math.Min(11, last) * aRow);
            TLanes c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11;
            if (zero)
            {
                c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = c8 = c9 = c10 = c11 = TLanes.Broadcast(0);
            }
            else
            {
                (c0, c1) = (TLanes.Load(in start, 0), TLanes.Load(in start, startRow));
                (c2, c3) = (TLanes.Load(in start, 2 * startRow), TLanes.Load(in start, 3 * startRow));
                (c4, c5) = (TLanes.Load(in start, 4 * startRow), TLanes.Load(in start, 5 * startRow));
                (c6, c7) = (TLanes.Load(in start, 6 * startRow), TLanes.Load(in start, 7 * startRow));
                (c8, c9) = (TLanes.Load(in start, 8 * startRow), TLanes.Load(in start, 9 * startRow));
                (c10, c11) = (TLanes.Load(in start, 10 * startRow), TLanes.Load(in start, 11 * startRow));
            }

            ref float b = ref _panel;
            nint at = 0;
            for (int k = depth; k > 0; k--)
            {
                TLanes column = TLanes.Load(in b, 0);
                b = ref Unsafe.Add(ref b, panelRow);
                c0 = TLanes.Fma(TLanes.Broadcast(Unsafe.Add(ref a0, at)), column, c0);
                c1 = TLanes.Fma(TLanes.Broadcast(Unsafe.Add(ref a1, at)), column, c1);
                c2 = TLanes.Fma(TLanes.Broadcast(Unsafe.Add(ref a2, at)), column, c2);
                c3 = TLanes.Fma(TLanes.Broadcast(Unsafe.Add(ref a3, at)), column, c3);
                c4 = TLanes.Fma(TLanes.Broadcast(Unsafe.Add(ref a4, at)), column, c4);
                c5 = TLanes.Fma(TLanes.Broadcast(Unsafe.Add(ref a5, at)), column, c5);
                c6 = TLanes.Fma(TLanes.Broadcast(Unsafe.Add(ref a6, at)), column, c6);
                c7 = TLanes.Fma(TLanes.Broadcast(Unsafe.Add(ref a7, at)), column, c7);
                c8 = TLanes.Fma(TLanes.Broadcast(Unsafe.Add(ref a8, at)), column, c8);
                c9 = TLanes.Fma(TLanes.Broadcast(Unsafe.Add(ref a9, at)), column, c9);
                c10 = TLanes.Fma(TLanes.Broadcast(Unsafe.Add(ref a10, at)), column, c10);
                c11 = TLanes.Fma(TLanes.Broadcast(Unsafe.Add(ref a11, at)), column, c11);
                at += aDepth;
            }

            c0.Store(ref c, 0);
            c1.Store(ref c, cRow);
            c2.Store(ref c, 2 * cRow);
            c3.Store(ref c, 3 * cRow);
            c4.Store(ref c, 4 * cRow);
            c5.Store(ref c, 5 * cRow);
            c6.Store(ref c, 6 * cRow);
            c7.Store(ref c, 7 * cRow);
            c8.Store(ref c, 8 * cRow);
            c9.Store(ref c, 9 * cRow);
            c10.Store(ref c, 10 * cRow);
            c11.Store(ref c, 11 * cRow);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TLanes>(TLanes low, TLanes high, ref float target)
        where TLanes : struct, ILanes<TLanes>
    {
        low.Store(ref target, 0);
        high.Store(ref target, TLanes.Count);
    }
}
