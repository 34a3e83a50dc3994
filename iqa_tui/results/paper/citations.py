"""How the data sets that the trainer reads are cited. A test compares the names with the trainer's."""

from __future__ import annotations

from dataclasses import dataclass

from training.runfolder.mixed import dataset_names, is_mixed


@dataclass(frozen=True, slots=True)
class Citation:
    """One paper."""

    name: str
    """Of the data set, as its authors write it."""
    key: str
    authors: str
    """As BibTeX joins them, by `and`."""
    title: str
    kind: str
    """article or inproceedings."""
    where: str
    """Journal or conference."""
    year: int
    pages: str = ""
    volume: str = ""
    number: str = ""


CITATIONS = {
    each.name.lower(): each
    for each in (
        Citation(
            "KonIQ-10k", "hosu2020koniq", "Hosu, Vlad and Lin, Hanhe and Sziranyi, Tamas and Saupe, Dietmar",
            "KonIQ-10k: An ecologically valid database for deep learning of blind image quality assessment",
            "article", "IEEE Transactions on Image Processing", 2020, "4041--4056", "29",
        ),
        Citation(
            "SPAQ", "fang2020perceptual", "Fang, Yuming and Zhu, Hanwei and Zeng, Yan and Ma, Kede and Wang, Zhou",
            "Perceptual quality assessment of smartphone photography", "inproceedings",
            "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)", 2020, "3677--3686",
        ),
        Citation(
            "KADID-10k", "lin2019kadid", "Lin, Hanhe and Hosu, Vlad and Saupe, Dietmar",
            "KADID-10k: A large-scale artificially distorted IQA database", "inproceedings",
            "International Conference on Quality of Multimedia Experience (QoMEX)", 2019, "1--3",
        ),
        Citation(
            "AGIQA-3K", "li2024agiqa",
            "Li, Chunyi and Zhang, Zicheng and Wu, Haoning and Sun, Wei and Min, Xiongkuo and Liu, Xiaohong and Zhai,"
            " Guangtao and Lin, Weisi",
            "AGIQA-3K: An open database for AI-generated image quality assessment", "article",
            "IEEE Transactions on Circuits and Systems for Video Technology", 2024, "6833--6846", "34", "8",
        ),
        Citation(
            "LIVEC", "ghadiyaram2016massive", "Ghadiyaram, Deepti and Bovik, Alan C.",
            "Massive online crowdsourced study of subjective and objective picture quality", "article",
            "IEEE Transactions on Image Processing", 2016, "372--387", "25", "1",
        ),
        Citation(
            "TID2013", "ponomarenko2015image",
            "Ponomarenko, Nikolay and Jin, Lina and Ieremeiev, Oleg and Lukin, Vladimir and Egiazarian, Karen and"
            " Astola, Jaakko and Vozel, Benoit and Chehdi, Kacem and Carli, Marco and Battisti, Federica and Kuo, C.-C."
            " Jay",
            "Image database TID2013: Peculiarities, results and perspectives", "article",
            "Signal Processing: Image Communication", 2015, "57--77", "30",
        ),
        Citation(
            "TID2008", "ponomarenko2009tid2008",
            "Ponomarenko, Nikolay and Lukin, Vladimir and Zelensky, Alexander and Egiazarian, Karen and Carli, Marco"
            " and Battisti, Federica",
            "TID2008 - A database for evaluation of full-reference visual quality assessment metrics", "article",
            "Advances of Modern Radioelectronics", 2009, "30--45", "10",
        ),
        Citation(
            "PIPAL", "gu2020pipal",
            "Gu, Jinjin and Cai, Haoming and Chen, Haoyu and Ye, Xiaoxing and Ren, Jimmy S. and Dong, Chao",
            "PIPAL: a large-scale image quality assessment dataset for perceptual image restoration", "inproceedings",
            "European Conference on Computer Vision (ECCV)", 2020, "633--651",
        ),
        Citation(
            "LIVE", "sheikh2006statistical", "Sheikh, Hamid R. and Sabir, Muhammad F. and Bovik, Alan C.",
            "A statistical evaluation of recent full reference image quality assessment algorithms", "article",
            "IEEE Transactions on Image Processing", 2006, "3440--3451", "15", "11",
        ),
        Citation(
            "CSIQ", "larson2010most", "Larson, Eric C. and Chandler, Damon M.",
            "Most apparent distortion: full-reference image quality assessment and the role of strategy", "article",
            "Journal of Electronic Imaging", 2010, "011006", "19", "1",
        ),
        Citation(
            "BID", "ciancio2011no",
            "Ciancio, Alexandre and da Costa, Andr{\\'e} Luiz N. Targino and da Silva, Eduardo A. B. and Said, Amir and"
            " Samadani, Ramin and Obrador, Pere",
            "No-reference blur assessment of digital pictures based on multifeature classifiers", "article",
            "IEEE Transactions on Image Processing", 2011, "64--75", "20", "1",
        ),
        Citation(
            "BIQ2021", "ahmed2022biq", "Ahmed, Nisar and Asif, Shahzad",
            "BIQ2021: a large-scale blind image quality assessment database", "article",
            "Journal of Electronic Imaging", 2022, "053010", "31", "5",
        ),
        Citation(
            "FLIVE", "ying2020patches",
            "Ying, Zhenqiang and Niu, Haoran and Gupta, Praful and Mahajan, Dhruv and Ghadiyaram, Deepti and Bovik,"
            " Alan",
            "From patches to pictures (PaQ-2-PiQ): Mapping the perceptual space of picture quality", "inproceedings",
            "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)", 2020, "3575--3585",
        ),
        Citation(
            "UHD-IQA", "hosu2024uhd",
            "Hosu, Vlad and Agnolucci, Lorenzo and Wiedemann, Oliver and Iso, Daisuke and Saupe, Dietmar",
            "UHD-IQA benchmark database: Pushing the boundaries of blind photo quality assessment", "inproceedings",
            "European Conference on Computer Vision (ECCV) Workshops", 2024,
        ),
    )
}  # fmt: skip
"""Name of a data set, as `--dataset` takes it, to its paper."""
UNCITED = {
    "demo": "The demo set is made when it is opened, from photographs that scikit-image ships; its labels are levels of"
    " distortion, not human opinions. There is no paper of it.",
    "csv": "The images and opinions are the user's own table (`--dataset csv`); cite where they come from.",
}
"""Data sets without a paper, and what is said of them."""
SHOWN_NAMES = {"livec": "LIVE-C", "demo": "the demo set", "csv": "the user's own table"}


def dataset_name(dataset: str) -> str:
    """As its authors write it; a name that is not known as it is; of several data sets in one run each."""
    if is_mixed(dataset):
        return " + ".join(map(dataset_name, dataset_names(dataset)))
    if dataset in SHOWN_NAMES:
        return SHOWN_NAMES[dataset]
    return CITATIONS[dataset].name if dataset in CITATIONS else dataset


def citation_words(dataset: str) -> str:
    """One line for people."""
    if dataset not in CITATIONS:
        return UNCITED.get(dataset, f"{dataset} is not a data set that this program knows; cite where it comes from.")
    cited = CITATIONS[dataset]
    authors = cited.authors.replace("{\\'e}", "é").split(" and ")
    names = [" ".join(reversed(author.split(", "))) for author in authors]
    joined = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    volume = f", {cited.volume}" + (f"({cited.number})" if cited.number else "") if cited.volume else ""
    pages = f", {cited.pages.replace('--', '–')}" if cited.pages else ""
    return f"{joined}: {cited.title}. {cited.where}{volume}{pages}, {cited.year}."


def bibtex(dataset: str) -> str:
    """An entry that ends in a newline; empty for a data set without a paper."""
    if dataset not in CITATIONS:
        return ""
    cited = CITATIONS[dataset]
    fields = {
        "author": cited.authors,
        "title": f"{{{cited.title}}}",
        "journal" if cited.kind == "article" else "booktitle": cited.where,
        "volume": cited.volume,
        "number": cited.number,
        "pages": cited.pages,
        "year": str(cited.year),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{cited.kind}{{{cited.key},", *lines, "}"]) + "\n"
