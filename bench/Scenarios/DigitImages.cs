using System.Buffers.Binary;
using System.Security.Cryptography;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Scenarios;

/// <summary>Images of 28 × 28 in ten classes: the handwritten digits of MNIST, or invented ones.</summary>
/// <param name="Description">Which of the two.</param>
internal sealed record DigitImages(
    string Description, float[] Train, float[] TrainLabels, float[] Test, float[] TestLabels)
{
    public const int Side = 28;
    public const int Classes = 10;

    private const int Pixels = Side * Side;

    // Mean and standard deviation of MNIST's pixels, as Opacus' example has them.
    private const float Mean = 0.1307f;
    private const float Deviation = 0.3081f;

    private const int InventedTrain = 6000;
    private const int InventedTest = 1000;

    // SHA-256 of the four files as LeCun, Cortes and Burges published them, unpacked.
    private static readonly Dictionary<string, string> Digests = new()
    {
        ["train-images-idx3-ubyte"] = "BA891046E6505D7AADCBBE25680A0738AD16AEC93BDE7F9B65E87A2FC25776DB",
        ["train-labels-idx1-ubyte"] = "65A50CBBF4E906D70832878AD85CCDA5333A97F0F4C3DD2EF09A8A9EEF7101C5",
        ["t10k-images-idx3-ubyte"] = "0FA7898D509279E482958E8CE81C8E77DB3F2F8254E26661CEB7762C4D494CE7",
        ["t10k-labels-idx1-ubyte"] = "FF7BCFD416DE33731A308C3F266CC351222C34898ECBEAF847F06E48F7EC33F2",
    };

    public int TrainCount => TrainLabels.Length;

    public int TestCount => TestLabels.Length;

    /// <summary>MNIST from its four files in <paramref name="folder"/>, or invented images where it is null.</summary>
    /// <exception cref="InvalidDataException">A file is not MNIST's.</exception>
    public static DigitImages Load(string? folder) => folder is null
        ? Invented()
        : new DigitImages(
            "MNIST",
            ImagesIn(folder, "train-images-idx3-ubyte"),
            LabelsIn(folder, "train-labels-idx1-ubyte"),
            ImagesIn(folder, "t10k-images-idx3-ubyte"),
            LabelsIn(folder, "t10k-labels-idx1-ubyte"));

    /// <summary>Every training image a patient.</summary>
    public PatientRows Patients(Network network) => new(network, Train, TrainLabels);

    /// <summary>Share of the test images whose class has the largest output.</summary>
    public double Accuracy(Network network, ReadOnlySpan<float> parameters)
    {
        const int Batch = 100;
        NetworkWorkspace workspace = network.CreateWorkspace(Batch);
        int right = 0;
        for (int first = 0; first < TestCount; first += Batch)
        {
            int rows = int.Min(Batch, TestCount - first);
            NetworkBatch batch = new() { Rows = rows, Inputs = Test.AsSpan(first * Pixels, rows * Pixels) };
            ReadOnlySpan<float> outputs = network.Forward(parameters, batch, workspace);
            for (int row = 0; row < rows; row++)
            {
                ReadOnlySpan<float> scores = outputs.Slice(row * Classes, Classes);
                int best = 0;
                for (int i = 1; i < Classes; i++)
                {
                    best = scores[i] > scores[best] ? i : best;
                }

                right += best == (int)TestLabels[first + row] ? 1 : 0;
            }
        }

        return (double)right / TestCount;
    }

    private static float[] ImagesIn(string folder, string name)
    {
        // The header: a magic number, how many images, rows and columns; four bytes each.
        byte[] bytes = Checked(folder, name);
        int count = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4));
        return [.. bytes.Skip(16).Take(count * Pixels).Select(pixel => ((pixel / 255f) - Mean) / Deviation)];
    }

    private static float[] LabelsIn(string folder, string name) =>
        [.. Checked(folder, name).Skip(8).Select(label => (float)label)];

    private static byte[] Checked(string folder, string name)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(folder, name));
        string digest = Convert.ToHexString(SHA256.HashData(bytes));
        return digest == Digests[name]
            ? bytes
            : throw new InvalidDataException($"{name} has the SHA-256 {digest}, not MNIST's {Digests[name]}.");
    }

    // A class is three blots at places of its own; an image moves them by up to two pixels and adds noise.
    private static DigitImages Invented()
    {
        PhiloxStream random = new(seed: 1, stream: 0);
        double[] places = [.. Enumerable.Range(0, Classes * 6).Select(_ => 5 + (18 * random.NextUnit()))];
        (float[] train, float[] trainLabels) = Draw(places, InventedTrain, random);
        (float[] test, float[] testLabels) = Draw(places, InventedTest, random);
        return new DigitImages(
            "Invented images (seed 1), which say nothing about MNIST", train, trainLabels, test, testLabels);
    }

    private static (float[] Images, float[] Labels) Draw(double[] places, int count, PhiloxStream random)
    {
        float[] images = new float[count * Pixels];
        float[] labels = new float[count];
        for (int image = 0; image < count; image++)
        {
            int label = random.NextBelow(Classes);
            labels[image] = label;
            double right = (4 * random.NextUnit()) - 2;
            double down = (4 * random.NextUnit()) - 2;
            for (int pixel = 0; pixel < Pixels; pixel++)
            {
                double value = 0.3 * random.NextNormal();
                for (int blot = 0; blot < 3; blot++)
                {
                    double x = (pixel % Side) - places[(label * 6) + (2 * blot)] - right;
                    double y = (pixel / Side) - places[(label * 6) + (2 * blot) + 1] - down;
                    value += DeterministicMath.Exp(-((x * x) + (y * y)) / 8);
                }

                images[(image * Pixels) + pixel] = (float)((value - Mean) / Deviation);
            }
        }

        return (images, labels);
    }
}
